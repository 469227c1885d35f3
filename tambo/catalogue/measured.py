"""Time ranges, measured in the lake: never written by hand, so never out of date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from tambo.catalogue.entries import REQUEST, Entry, Field
from tambo.catalogue.graph import RAW
from tambo.lake import reader
from tambo.lake.build_domains import BEGINNING
from tambo.lake.releases import Release
from tambo.lake.sql import ident, literal
from tambo.settings import Settings


@dataclass(frozen=True)
class TimeRange:
    """What a table spans at a release; a time is None where no row has one.

    Attributes:
        rows: versions of rows among them.
        first: earliest event, UTC.
        last: latest event, UTC.
        known: when the newest row came to be known, UTC.
        about_first: first local day that a row is about, of a table that says so.
        about_last: last such day.
    """

    rows: int
    first: datetime | None
    last: datetime | None
    known: datetime | None
    about_first: date | None = None
    about_last: date | None = None


def range_sql(entry: Entry) -> str:
    """SQL that gives the fields of a `TimeRange` of a table, in their order."""
    event, created = _times(entry)
    about = "NULL::DATE AS about_first, NULL::DATE AS about_last"
    if entry.about:
        first, last = map(ident, entry.about)
        about = f"min({first}) AS about_first, max(coalesce({last}, {first})) AS about_last"
    return (
        f"SELECT count(*) AS rows, min({event}) AS first, max({event}) AS last, "
        f"max({created}) AS known, {about} FROM {_lake(entry)}"
    )


def field_sql(entry: Entry, field: Field) -> str:
    """SQL that gives of a field: rows in which it is known, first and last event of these."""
    event, _ = _times(entry)
    return (
        f"SELECT count(*) AS rows, min({event}) AS first, max({event}) AS last "
        f"FROM {_lake(entry)} WHERE {ident(field.name)} IS NOT NULL"
    )


def held(entry: Entry, release: Release) -> bool:
    """Whether a release has the table."""
    return entry.layer != REQUEST and entry.table in release.row_counts


def time_ranges(
    settings: Settings, release: Release, entries: Iterable[Entry]
) -> dict[str, TimeRange]:
    """Ranges by table, of those that the release has.

    Raises:
        LakeError: the release's snapshot cannot be read.
    """
    with reader(settings, release.snapshot_id) as lake:
        return {
            one.table: TimeRange(*lake.execute(range_sql(one)).fetchall()[0])
            for one in entries
            if held(one, release)
        }


def _times(entry: Entry) -> tuple[str, str]:
    """SQL of the event time and of the time it was known; from the beginning of time is none."""
    names = (
        ("_event_at", "_known_at")
        if entry.layer == RAW
        else (
            "event_timestamp",
            "created_timestamp",
        )
    )
    beginning = f"TIMESTAMP {literal(str(BEGINNING))}"
    return f"nullif({names[0]}, {beginning})", f"nullif({names[1]}, {beginning})"


def _lake(entry: Entry) -> str:
    return f"lake.{ident(entry.layer)}.{ident(entry.name)}"
