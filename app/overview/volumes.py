"""What came in and what it became: files, rows, months, ages. Counts, never single rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from app import released
from tambo.domains import domains
from tambo.lake.sql import ident, literal
from tambo.sources import contracts

BEGINNING = datetime(1970, 1, 1)
"""What was true from the beginning of time has no age."""

_FILES = """
    SELECT domain, table_name, count(*) AS files, sum(lines) AS lines,
        sum(loaded_records) AS loaded, sum(repeat_records) AS repeats,
        sum(quarantined_records) AS quarantined, sum(bytes) AS bytes, max(checked_at) AS last_file
    FROM lake.audit.files GROUP BY ALL ORDER BY domain, table_name
"""

_REASONS = """
    SELECT table_name, reason, count(*) AS lines, count(DISTINCT source_file) AS files,
        max(quarantined_at) AS newest
    FROM lake.quarantine.lines WHERE resolved_by IS NULL
    GROUP BY ALL ORDER BY lines DESC, table_name, reason
"""

_FEEDBACK = """
    SELECT model, model_version, kind, count(*) AS said, count(DISTINCT item) AS items,
        max(given_at) AS newest
    FROM lake.monitoring.feedback GROUP BY ALL ORDER BY ALL
"""

_LINES = """
    SELECT domain, table_name, source_file, line, reason, column_name, value, message, remedy
    FROM lake.quarantine.lines WHERE resolved_by IS NULL AND table_name = ? AND reason = ?
    ORDER BY batch_id, record LIMIT ?
"""


@dataclass(frozen=True)
class Table:
    """A raw table of the release.

    Attributes:
        domain: whose it is.
        name: in the schema raw.
        rows: at the released snapshot.
        says: what a row is, from its contract.
        day: column that says when it happened: its own date, else the time of the event.
        day_says: what that column is.
    """

    domain: str
    name: str
    rows: int
    says: str
    day: str
    day_says: str


def tables() -> list[Table]:
    """The raw tables that the release holds, by domain."""
    counts = released.release().row_counts
    return [
        _table(domain, one, counts[f"raw.{name}"])
        for domain in domains()
        for name, one in contracts.load(domain).tables.items()
        if f"raw.{name}" in counts
    ]


def _table(domain: str, one: contracts.Table, rows: int) -> Table:
    dates = [name for name, column in one.columns.items() if column.type == "DATE"]
    day, says = (dates[0], one.columns[dates[0]].description) if dates else ("_event_at", "Event")
    return Table(domain, one.name, rows, one.description, day, says)


def feedback() -> pd.DataFrame:
    """One row a model version and kind: what people said of its answers; newest snapshot."""
    # The first one that is drained from the spool makes the table.
    made = released.audited(
        "SELECT count(*) AS tables FROM information_schema.tables WHERE table_catalog = 'lake' "
        "AND table_schema = 'monitoring' AND table_name = 'feedback'"
    )
    return released.audited(_FEEDBACK) if made["tables"].iloc[0] else pd.DataFrame()


def files() -> pd.DataFrame:
    """One row a table: files, lines, and where their records went; newest snapshot."""
    return released.audited(_FILES)


def reasons() -> pd.DataFrame:
    """One row a table and reason: lines in quarantine now; newest snapshot."""
    return released.audited(_REASONS)


def lines(table: str, reason: str, limit: int) -> pd.DataFrame:
    """The first lines in quarantine for a reason; what a contract calls personal is left out."""
    found = released.audited(_LINES, table, reason, limit)
    hidden = [
        one["value"] is not None and not _may_be_shown(one["domain"], table, one["column_name"])
        for one in found.to_dict("records")
    ]
    found.loc[hidden, "value"] = "not shown"
    return found.drop(columns=["domain", "table_name", "reason"])


def _may_be_shown(domain: str, table: str, column: object) -> bool:
    """Whether a value is of columns that are all known and not personal."""
    known = contracts.load(domain).tables.get(table)
    if known is None or not isinstance(column, str):
        return False
    names = [name.strip() for name in column.split(",")]
    return all(name in known.columns and not known.columns[name].personal_data for name in names)


def months(table: Table) -> pd.DataFrame:
    """One row a month: rows of a raw table as they came, corrections included."""
    day = ident(table.day)
    query = (
        f"SELECT date_trunc('month', {day}) AS month, count(*) AS rows "
        f"FROM lake.raw.{ident(table.name)} WHERE {day} > {literal(str(BEGINNING))} "
        "GROUP BY ALL ORDER BY month"
    )
    return released.frame(query)


def seasons(table: Table) -> pd.DataFrame:
    """One row a month of the year and day of the week: mean rows of such a day."""
    day = ident(table.day)
    query = f"""
        WITH days AS (
            SELECT {day}::DATE AS day, count(*) AS rows FROM lake.raw.{ident(table.name)}
            WHERE {day} > {literal(str(BEGINNING))} GROUP BY ALL
        )
        SELECT month(day) AS month, isodow(day) AS weekday, avg(rows) AS rows
        FROM days GROUP BY ALL ORDER BY ALL
    """
    return released.frame(query)


def freshness() -> pd.DataFrame:
    """One row a raw table: newest event and arrival, age in days at its domain's as_of, state."""
    columns = ["table", "rows", "newest_event", "newest_known", "age_days", "state"]
    return pd.DataFrame([_fresh(one) for one in tables()], columns=columns)


def _fresh(table: Table) -> tuple[object, ...]:
    query = "SELECT max(_event_at) AS event, max(_known_at) AS known"
    found = released.frame(f"{query} FROM lake.raw.{ident(table.name)}").iloc[0]
    event, known = (_instant(found[name]) for name in ("event", "known"))
    age, as_of = None, released.release().as_of
    # A domain that lacks another of its tables is not built.
    if known is not None and table.domain in as_of.domains:
        age = max(as_of.of(table.domain) - known, timedelta(0)).days
    limit = contracts.load(table.domain).tables[table.name].freshness
    return table.name, table.rows, event, known, age, _state(age, limit)


def _instant(value: pd.Timestamp) -> datetime | None:
    if pd.isna(value) or value <= BEGINNING:
        return None
    return value.to_pydatetime()


def _state(age: int | None, limit: contracts.Freshness | None) -> str:
    if limit is None or age is None:
        return "no limit set"
    if age > limit.error_after_days:
        return f"too old: more than {limit.error_after_days} days"
    if age > limit.warn_after_days:
        return f"late: more than {limit.warn_after_days} days"
    return "fresh"
