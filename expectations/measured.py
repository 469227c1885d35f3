"""Suites of what is true of whole tables: columns and types, emptiness, volume, freshness.

SQL measures each table into one row (or one row a column, one row a batch), and the expectations
are about those rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from expectations.from_manifest import Mart
from expectations.suite import Suite, between, holds
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Contracts, Table

SHARE_WARNS, SHARE_STOPS = 0.05, 0.5
"""Share of a table's records in quarantine that is reported, and that stops the release."""

USUAL_BATCHES = 20
"""Earlier batches of the same kind that say how large a batch usually is."""

UNUSUAL = 100
"""A batch so many times larger or smaller than usual is reported."""

_TYPES = {
    "_batch_id": "BIGINT",
    "_source_file": "VARCHAR",
    "_row_number": "BIGINT",
    "_ingested_at": "TIMESTAMP",
    "_event_at": "TIMESTAMP",
    "_known_at": "TIMESTAMP",
    "_known_from": "VARCHAR",
}
"""Columns that every raw table has beside its contract's."""


def raw_measures(contracts: Contracts) -> list[Suite]:
    """Suites about whole raw tables of a domain, and about each new batch."""
    wanted = {
        f"raw.{table.name}": {
            **{name: column.type for name, column in table.columns.items()},
            table.tombstone: "BOOLEAN",
            **_TYPES,
        }
        for table in contracts.ordered()
    }
    suites = [columns_suite(f"{contracts.domain}.raw", wanted)]
    for table in contracts.ordered():
        suites += [_whole_raw(contracts, table), _batches(contracts.domain, table)]
    return suites


def mart_measures(domain: str, marts: Iterable[Mart]) -> list[Suite]:
    """Suites about whole marts of a domain."""
    own = [mart for mart in marts if mart.domain == domain]
    wanted = {
        f"marts.{mart.name}": {column.name: column.type for column in mart.columns} for mart in own
    }
    return [columns_suite(f"{domain}.marts", wanted), *map(_whole_mart, own)]


def columns_suite(prefix: str, wanted: Mapping[str, Mapping[str, str]]) -> Suite:
    """One row a declared column: it is there, and has its declared type."""
    rows = ", ".join(
        f"({literal(table)}, {literal(name)}, {literal(kind)})"
        for table, columns in wanted.items()
        for name, kind in columns.items()
    )
    found = (
        "(SELECT any_value(data_type) FROM duckdb_columns() WHERE database_name = 'lake' "
        "AND schema_name || '.' || table_name = w.table_name AND column_name = w.column_name)"
    )
    return Suite(
        name=f"{prefix}.columns",
        frame=(
            f"(SELECT *, coalesce({found}, 'missing') AS found "
            f"FROM (VALUES {rows}) AS w(table_name, column_name, declared))"
        ),
        columns={
            "table_name": "table_name",
            "column_name": "column_name",
            "declared": "declared",
            "found": "found",
            "as declared": "declared = found",
        },
        keys=("table_name", "column_name", "declared", "found"),
        expectations=(holds("as declared", "every declared column is there with its type"),),
    )


def _whole_raw(contracts: Contracts, table: Table) -> Suite:
    timed = [one.name for one in contracts.ordered() if one.event_time] or [table.name]
    newest = " UNION ALL ".join(
        f"SELECT max(_event_at) AS seen FROM lake.raw.{ident(n)}" for n in timed
    )
    ours = f"b.domain = {literal(contracts.domain)} AND b.table_name = {literal(table.name)}"
    expected = [
        *([] if table.made_here else [between("rows", 1, severity="warning")]),
        between("rows if any were loaded", 1),
        between("share in quarantine", 0, SHARE_WARNS, severity="warning"),
        between("share in quarantine", 0, SHARE_STOPS),
    ]
    if table.freshness is not None and table.event_time:
        warn, error = table.freshness.warn_after_days, table.freshness.error_after_days
        # Against the domain's other tables, since data may end long ago and be right; as_of of the
        # domain is the wall clock as soon as one line of it has come in live.
        expected += [
            between("days behind the domain", high=warn, severity="warning"),
            between("days behind the domain", high=error),
            between("days before as_of", high=warn, severity="warning"),
        ]
    return Suite(
        name=f"{contracts.domain}.raw.{table.name}.whole",
        frame=f"""(
            SELECT * FROM
                (SELECT count(*) AS row_count, max(_event_at) AS newest
                 FROM lake.raw.{ident(table.name)}
                 WHERE _batch_id NOT IN
                     (SELECT batch_id FROM lake.audit.batches WHERE status = 'withdrawn')),
                (SELECT coalesce(sum(loaded_records), 0) AS loaded,
                        coalesce(sum(loaded_records + repeat_records), 0) AS good,
                        coalesce(sum(quarantined_records), 0) AS bad
                 FROM lake.audit.files f JOIN lake.audit.batches b USING (batch_id)
                 WHERE {ours} AND b.status <> 'withdrawn'))""",
        columns={
            "table": literal(f"raw.{table.name}"),
            "rows": "row_count",
            "rows if any were loaded": "CASE WHEN loaded > 0 THEN row_count END",
            "share in quarantine": "(bad / nullif(good + bad, 0))::DOUBLE",
            "newest": "newest",
            "days behind the domain": (
                f"date_diff('day', newest, (SELECT max(seen) FROM ({newest})))"
            ),
            "days before as_of": "date_diff('day', newest, TIMESTAMP {as_of})",
        },
        keys=("table", "newest"),
        expectations=tuple(expected),
        reads=frozenset(f"raw.{name}" for name in (table.name, *timed)),
    )


def _batches(domain: str, table: Table) -> Suite:
    """One row per batch that came since the gate was last passed.

    A batch of history is held against nothing: years and days come side by side.
    """
    return Suite(
        name=f"{domain}.raw.{table.name}.batches",
        frame=f"""(
            SELECT *, median(row_count) OVER earlier AS usual,
                   count(*) FILTER (NOT history) OVER earlier AS before
            FROM (SELECT b.batch_id, b.source_file, b.history, count(r._batch_id) AS row_count
                  FROM lake.audit.batches b
                  LEFT JOIN lake.raw.{ident(table.name)} r ON r._batch_id = b.batch_id
                  WHERE b.domain = {literal(domain)} AND b.table_name = {literal(table.name)}
                    AND b.status = 'loaded'
                  GROUP BY ALL)
            WINDOW earlier AS (PARTITION BY history ORDER BY batch_id
                               ROWS BETWEEN {USUAL_BATCHES} PRECEDING AND 1 PRECEDING)
            QUALIFY batch_id > {{since_batch}})""",
        columns={
            "batch_id": "batch_id",
            "source_file": "source_file",
            "rows": "row_count",
            "usual": "usual",
            "times the usual size": "CASE WHEN before >= 3 THEN row_count / nullif(usual, 0) END",
        },
        keys=("batch_id", "source_file", "rows", "usual"),
        expectations=(between("times the usual size", 1 / UNUSUAL, UNUSUAL, severity="warning"),),
        reads=frozenset({f"raw.{table.name}"}),
    )


def _whole_mart(mart: Mart) -> Suite:
    sources = [
        f"(SELECT count(*) FROM lake.raw.{ident(name)}) > 0" for name in sorted(mart.sources)
    ]
    return Suite(
        name=f"{mart.domain}.marts.{mart.name}.whole",
        frame=(
            "(SELECT count(*) AS row_count, "
            "count(*) FILTER (created_timestamp > TIMESTAMP {as_of}) AS later "
            f"FROM lake.marts.{ident(mart.name)})"
        ),
        columns={
            "table": literal(f"marts.{mart.name}"),
            "rows if its sources have some": (
                f"CASE WHEN {' AND '.join(sources) or 'true'} THEN row_count END"
            ),
            "rows known after as_of": "later",
        },
        keys=("table",),
        expectations=(
            between("rows if its sources have some", 1),
            between("rows known after as_of", high=0),
        ),
        reads=frozenset({f"marts.{mart.name}", *(f"raw.{name}" for name in mart.sources)}),
    )
