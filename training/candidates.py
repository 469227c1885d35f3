"""Candidates: each label row becomes a query, with a row for everything that could be chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa

from tambo.errors import TrainingError
from tambo.lake.sql import ident
from tambo.serving.candidate_index import CandidateIndex
from training.dated_index import DatedIndex, annotate, refreshes
from training.splits import CALIBRATION, TEST, TRAIN

Indexer = Callable[[duckdb.DuckDBPyConnection, datetime, int], CandidateIndex | None]
"""Builds the index of what was known by an instant, with a seed; None where nothing was."""

FEWEST_QUERIES = 200
"""Fewer say nothing of a ranking."""

RELEVANCE = "relevance"
"""The label of an expanded row: 1 for what was chosen, else 0."""


def chosen(name: str) -> str:
    """Column of the label's own item, beside the candidate's of the plain name."""
    return f"chosen_{name}"


@dataclass(frozen=True)
class Candidates:
    """Everything that was known when a query was asked: no sampled negatives.

    Attributes:
        source: schema.table of the items' change log.
        item: columns that name an item, in the label mart and in the source.
        alive: column of the source that is null where nothing is left of an item.
        query: column that names a query.
        index: builds the index that leads to the candidates when there are many.
        history: features that list what was chosen before, newest first, in order of `item`.
        times: feature that counts how often an item was chosen before.
        most: queries at most by part, the newest; a part that is not named keeps all.
        most_rows: rows at most by part; where there are many items, fewer queries are kept.
    """

    source: str
    item: tuple[str, ...]
    alive: str
    query: str
    index: Indexer
    history: tuple[str, str]
    times: str
    most: Mapping[str, int] = field(
        default_factory=lambda: {TRAIN: 8_000, CALIBRATION: 1_500, TEST: 4_000}
    )
    most_rows: int = 2_000_000

    def expand(
        self, connection: duckdb.DuckDBPyConnection, part: str, labels: pa.Table
    ) -> pa.Table:
        """Put every item known at its entity time beside each label.

        Args:
            connection: the lake, attached at the release's snapshot.
            part: which part the labels are.
            labels: rows of the label mart, in order of entity time.

        Returns:
            The labels' columns, those of the item renamed by `chosen`; the item's columns;
            `relevance`. Rows of a query follow each other. A query at whose time nothing was known
            has no row.

        Raises:
            TrainingError: there are so many items that too few queries could be kept.
        """
        kept = min(self.most.get(part, labels.num_rows), self._queries_that_fit(connection))
        labels = labels.slice(max(0, labels.num_rows - kept))
        connection.register("asked_labels", labels)
        try:
            return connection.execute(self._sql()).to_arrow_table()
        finally:
            connection.unregister("asked_labels")

    def _sql(self) -> str:
        """Each label of `asked_labels` beside every item of which something stood then."""
        item = ", ".join(ident(name) for name in self.item)
        renamed = ", ".join(f"{ident(name)} AS {ident(chosen(name))}" for name in self.item)
        right = " AND ".join(
            f"asked.{ident(chosen(name))} = known.{ident(name)}" for name in self.item
        )
        source = ".".join(ident(name) for name in self.source.split("."))
        return f"""
        WITH versions AS (
            SELECT {item}, event_timestamp, created_timestamp,
                greatest(event_timestamp, created_timestamp) AS since,
                {ident(self.alive)} IS NOT NULL AS alive
            FROM lake.{source}
        ),
        states AS (
            -- A new version of an older event does not say what is left now.
            SELECT * FROM versions
            QUALIFY event_timestamp = max(event_timestamp) OVER (
                PARTITION BY {item} ORDER BY since)
        ),
        turns AS (
            SELECT * FROM states
            QUALIFY alive IS DISTINCT FROM lag(alive) OVER (
                PARTITION BY {item} ORDER BY since, created_timestamp)
        ),
        spans AS (
            SELECT {item}, alive, since, lead(since) OVER (
                PARTITION BY {item} ORDER BY since, created_timestamp) AS until
            FROM turns
        ),
        known AS (SELECT * FROM spans WHERE alive),
        asked AS (
            SELECT * EXCLUDE ({item}), {renamed}, row_number() OVER () AS position
            FROM asked_labels
        )
        SELECT asked.* EXCLUDE (position), known.* EXCLUDE (alive, since, until),
            CAST(({right}) AS INTEGER) AS {RELEVANCE}
        FROM asked
        JOIN known ON known.since <= asked.event_timestamp
            AND (known.until IS NULL OR known.until > asked.event_timestamp)
        ORDER BY position, {", ".join(f"known.{ident(name)}" for name in self.item)}
        """

    def _queries_that_fit(self, connection: duckdb.DuckDBPyConnection) -> int:
        item = ", ".join(ident(name) for name in self.item)
        source = ".".join(ident(name) for name in self.source.split("."))
        found = connection.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT {item} FROM lake.{source})"
        ).fetchone()
        items = found[0] if found else 0
        fit = self.most_rows // max(1, items)
        if fit < FEWEST_QUERIES:
            raise TrainingError(
                f"{self.source} holds {items:,} items: with all of them as candidates, only {fit} "
                f"queries fit into {self.most_rows:,} rows, where {FEWEST_QUERIES} are needed.",
                remedy="train on a part of the items, such as those of one country",
            )
        return fit

    def dated_indexes(
        self,
        connection: duckdb.DuckDBPyConnection,
        queries: pa.Table,
        ends: Sequence[datetime],
        seed: int,
    ) -> list[DatedIndex]:
        """Build the index as it would have been at some instants, the oldest first.

        Args:
            connection: the lake, attached at the release's snapshot.
            queries: training rows, over whose time it is refreshed.
            ends: further instants.
            seed: of what is random.

        Returns:
            Those at whose instant anything was known.
        """
        instants = sorted({*refreshes(queries), *ends})
        built = [(at, self.index(connection, at, seed)) for at in instants]
        return [DatedIndex(at, index) for at, index in built if index is not None]

    def annotate(self, indexes: Sequence[DatedIndex], rows: pa.Table) -> pa.Table:
        """Add what the index says of each candidate; see `training.dated_index.annotate`."""
        return annotate(
            indexes,
            rows,
            query=self.query,
            item=self.item,
            history=self.history,
            times=self.times,
        )
