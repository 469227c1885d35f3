"""What a domain's history test needs: files taken in, and every row of its tables."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tourism_files import RawFile

from tambo.ingest import ingest
from tambo.lake import reader
from tambo.settings import Settings

AHEAD_SECONDS = 7 * 86_400.0
"""What is told of a random history may lie so far ahead: marts must hold for whatever is let in."""

Rows = dict[str, list[tuple[Any, ...]]]


def history_tables(domain: str) -> list[str]:
    """Tables of a domain that keep what was known when."""
    models = Settings().root / "dbt" / "models" / domain
    return [
        f"{layer}.{path.stem}"
        for layer in ("intermediate", "marts")
        for path in sorted((models / layer).glob("*.sql"))
        if not path.stem.endswith("_changes")
    ]


def take_in(home: Settings, folder: Path, files: list[RawFile]) -> None:
    """Take files in together."""
    for file in files:
        file.write(folder)
    # Also the first file of a table is known when it arrived.
    report = ingest(home, folder, history=False)
    assert not any(one.quarantined.records for one in report.files)


def rows(home: Settings, tables: list[str], until: datetime | None = None) -> Rows:
    """Every row of some tables; until: only what was known by then."""
    found = {}
    with reader(home) as lake:
        for table in tables:
            query = f"SELECT * FROM lake.{table}"
            if until is not None:
                query += f" WHERE created_timestamp <= TIMESTAMP '{until}'"
            # As text: a NaN does not equal itself.
            found[table] = [tuple(map(str, row)) for row in lake.execute(query).fetchall()]
    return {table: sorted(found[table]) for table in tables}


def without_ends(found: Rows, home: Settings) -> dict[str, Any]:
    """The same without the instant at which a version ended, which is news of its own."""
    with reader(home) as lake:
        columns = {t: [d[0] for d in lake.execute(f"DESCRIBE lake.{t}").fetchall()] for t in found}
    return {
        table: sorted(
            tuple(v for c, v in zip(columns[table], row, strict=True) if c != "ended_timestamp")
            for row in several
        )
        for table, several in found.items()
    }
