"""Flight files at the extremes: every line is bad, every line was loaded before."""

from __future__ import annotations

import shutil
from pathlib import Path


def repeats(world: Path, out: Path) -> None:
    """Copy the flight files with a blank line after their end: other files, the same rows.

    Lines that were corrected or withdrawn since count as new corrections, some three in a hundred.
    """
    _fresh(out)
    for path in sorted(world.glob("flights_*.csv")):
        copy = Path(shutil.copyfile(path, out / path.name))
        with copy.open("ab") as file:
            file.write(b"\n")


def all_bad(world: Path, out: Path) -> None:
    """Write the flight files into one, with a price in every line that is no number."""
    _fresh(out)
    with (out / "flights.csv").open("wb") as target:
        for number, path in enumerate(sorted(world.glob("flights_*.csv"))):
            with path.open("rb") as source:
                header = next(source)
                if number == 0:
                    target.write(header)
                names = header.rstrip().split(b",")
                price = names.index(b"price")
                # By commas alone: to a CSV reader the world's open quotes hide thousands of lines.
                for line in source:
                    fields = line.split(b",")
                    if len(fields) == len(names):
                        fields[price] = b"free"
                        target.write(b",".join(fields))


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
