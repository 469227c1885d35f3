"""Rows of a suite as pandas frames, in chunks of bounded size, with the needed columns only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from expectations.suite import Suite
from tambo.as_of import AsOf
from tambo.lake.sql import ident, literal

if TYPE_CHECKING:
    import pandas as pd

CHUNK_ROWS = 250_000
"""Rows of one frame: a few hundred MB at most, and large enough that calls cost little."""


@dataclass(frozen=True)
class Scope:
    """Which rows the gate looks at.

    Attributes:
        snapshot: the snapshot the connection is pinned at.
        as_of: the instant the build was made for, by domain.
        since: snapshot that passed the same suites, whose rows need no second look; None: none.
        since_batch: newest batch of that snapshot.
        opaque: tables with a column of their own named like the lake's snapshot_id.
    """

    snapshot: int
    as_of: AsOf
    since: int | None = None
    since_batch: int = 0
    opaque: frozenset[str] = frozenset()

    def only_new(self, table: str | None) -> bool:
        """Whether only the rows that came since the last pass are looked at."""
        return table is not None and self.since is not None and table not in self.opaque


def chunks(
    connection: duckdb.DuckDBPyConnection, suite: Suite, scope: Scope, rows: int
) -> Iterator[pd.DataFrame]:
    """Yield the suite's rows; each row is in exactly one frame."""
    reader = connection.execute(query(suite, scope)).to_arrow_reader(rows)
    for batch in reader:
        if batch.num_rows:
            yield batch.to_pandas()


def query(suite: Suite, scope: Scope) -> str:
    """SQL of the suite's rows with its columns."""
    columns = ", ".join(f"{sql} AS {ident(name)}" for name, sql in suite.columns.items())
    text = f"SELECT {columns} FROM {suite.frame}"
    if "{as_of}" in text:
        text = text.replace("{as_of}", literal(str(scope.as_of.of(suite.domain))))
    text = text.replace("{since_batch}", str(scope.since_batch))
    return text if suite.table is None else text.replace("{table}", _table(suite.table, scope))


def _table(table: str, scope: Scope) -> str:
    schema, name = map(ident, table.split("."))
    if not scope.only_new(table):
        return f"lake.{schema}.{name}"
    # The lake knows for each row the snapshot that wrote it, and skips files without newer ones.
    return f"(SELECT * FROM lake.{schema}.{name} WHERE snapshot_id > {scope.since})"
