"""Where places lie: those of the sample world, and cities of Brazil by their name."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tambo.sources.travel.world.places import PLACES

GAZETTEER = Path(__file__).with_name("gazetteer.csv")
OUTLINE = Path(__file__).with_name("brazil.json")

Point = tuple[float, float]
"""Latitude and longitude, degrees."""


def find(names: Iterable[str]) -> dict[str, Point]:
    """Where places lie, by name; one that nobody knows is left out.

    A state in brackets is not part of a city's name: sources write it differently.

    >>> find(["Recife (PE)", "sao paulo", "Nowhere"])
    {'Recife (PE)': (-8.05, -34.88), 'sao paulo': (-23.55, -46.64)}
    """
    known = _known()
    return {name: known[plain] for name in names if (plain := _plain(name)) in known}


@cache
def _known() -> dict[str, Point]:
    with GAZETTEER.open(encoding="utf-8") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        found = {
            _plain(row["name"]): (float(row["latitude"]), float(row["longitude"])) for row in rows
        }
    return found | {_plain(one.name): (one.latitude, one.longitude) for one in PLACES}


def _plain(name: str) -> str:
    """A name without accents, capitals and the state behind it."""
    city = name.partition("(")[0].strip()
    parts = unicodedata.normalize("NFKD", city)
    return "".join(one for one in parts if not unicodedata.combining(one)).casefold()
