"""Export of one lake table to CSV or Parquet."""

from __future__ import annotations

from pathlib import Path

from tambo.errors import LakeError
from tambo.lake.connect import reader
from tambo.lake.sql import ident, literal
from tambo.settings import Settings

FORMATS = {
    ".csv": "FORMAT csv, HEADER",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}


def export_table(settings: Settings, table: str, out: Path, *, snapshot: int | None = None) -> int:
    """Write a table, given as schema.name, to a .csv or .parquet file.

    Returns:
        The number of rows written.

    Raises:
        LakeError: no such table in that snapshot, or a file ending we do not write.
    """
    if out.suffix not in FORMATS:
        raise LakeError(
            f"{out}: the ending {out.suffix or '(none)'} is not one of {', '.join(FORMATS)}.",
            remedy=f"tambo export {table} --out {out.with_suffix('.parquet').name}",
        )
    with reader(settings, snapshot) as connection:
        known = [
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_catalog = 'lake' ORDER BY ALL"
            ).fetchall()
        ]
        if table not in known:
            raise LakeError(
                f"There is no table {table} in the lake.",
                remedy=f"choose one of: {', '.join(known) or '(none yet)'}",
            )
        name = ".".join(ident(part) for part in table.split("."))
        out.parent.mkdir(parents=True, exist_ok=True)
        count = connection.execute(
            f"COPY (FROM lake.{name}) TO {literal(out)} ({FORMATS[out.suffix]})"
        ).fetchone()
    return int(count[0]) if count else 0
