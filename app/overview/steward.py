"""What the catalogue says, as the page shows it: entries kept by dbt's manifest, times measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import released
from tambo.catalogue import entries as catalogue
from tambo.catalogue.context import context_sql
from tambo.catalogue.entries import Entry, Field
from tambo.catalogue.measured import TimeRange, field_sql, held, range_sql
from tambo.domains import domains
from tambo.settings import Settings


@dataclass(frozen=True)
class Item:
    """What can be picked: a table, or one of its fields.

    Attributes:
        entry: the table.
        field: the column or feature; None: the whole table.
    """

    entry: Entry
    field: Field | None = None

    @property
    def label(self) -> str:
        """Its name in the list: a field's after its table's."""
        return self.entry.name if self.field is None else f"{self.entry.name} · {self.field.name}"


def in_release() -> list[str]:
    """Domains that the release holds."""
    held_by = released.release().as_of.domains
    return [name for name in domains() if name in held_by]


def items(domain: str) -> list[Item]:
    """All tables of a domain, each followed by its fields; those first that models do not read.

    Raises:
        FeatureError: dbt has written no manifest in this home yet.
    """
    return [
        item
        for entry in _entries_of(domain)
        for item in (Item(entry), *(Item(entry, one) for one in entry.fields))
    ]


def context(domain: str) -> list[Entry]:
    """Tables of a domain that are kept as context, and that the release holds, by name."""
    latest = released.release()
    found = [one for one in _entries_of(domain) if one.is_context and held(one, latest)]
    return sorted(found, key=lambda one: one.name)


def span(entry: Entry) -> TimeRange | None:
    """What a table spans at the release; None where the release does not hold it."""
    if not held(entry, released.release()):
        return None
    found = released.frame(range_sql(entry)).iloc[0]
    times = [_instant(found[name]) for name in ("first", "last", "known")]
    days = [_instant(found[name]) for name in ("about_first", "about_last")]
    return TimeRange(int(found["rows"]), *times, *(one and one.date() for one in days))


def field_span(entry: Entry, field: Field) -> TimeRange | None:
    """The same of the rows in which a field is known."""
    if not held(entry, released.release()):
        return None
    found = released.frame(field_sql(entry, field)).iloc[0]
    return TimeRange(
        int(found["rows"]), _instant(found["first"]), _instant(found["last"]), known=None
    )


def rows(entry: Entry) -> pd.DataFrame:
    """Rows of a table of context that stand at the release."""
    return released.frame(context_sql(entry))


def _entries_of(domain: str) -> list[Entry]:
    here = released.settings()
    path = here.dbt_target / "manifest.json"
    written = path.stat().st_mtime_ns if path.exists() else 0
    return [one for one in _entries(path, written, here) if one.domain == domain]


@st.cache_data(show_spinner="Reading the catalogue …", max_entries=2)
def _entries(path: Path, written: int, _settings: Settings) -> list[Entry]:
    return catalogue.entries(_settings)


def _instant(value: Any) -> datetime | None:
    return None if pd.isna(value) else pd.Timestamp(value).to_pydatetime()
