"""Catalogue: of every table and feature where it is from, how fine, how cleaned, what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from app import look, notices, released
from app.overview import steward
from app.overview.steward import Item
from tambo.catalogue.entries import REQUEST, Entry, Field
from tambo.catalogue.graph import MARTS, RAW
from tambo.catalogue.measured import TimeRange

TITLE, ORDER = "Catalogue", 2

_KINDS = {RAW: "raw table", MARTS: "mart", REQUEST: "view that is computed at the request"}
_DAY, _TIME = "%Y-%m-%d", "YYYY-MM-DD HH:mm"


def show() -> None:
    """Draw the page."""
    known = steward.in_release()
    domain = st.segmented_control(
        "Domain",
        known,
        default=known[0],
        required=True,
        format_func=str.capitalize,
        key="catalogue_domain",
    )
    found = {one.label: one for one in steward.items(domain)}
    label = st.selectbox("Table, column or feature", list(found), key=f"catalogue_item_{domain}")
    _item(found[label])
    if tables := steward.context(domain):
        st.header("Context")
        _context(domain, tables)


def _item(item: Item) -> None:
    entry, field = item.entry, item.field
    kind = _KINDS[entry.layer]
    st.markdown(look.plain(entry.description if field is None else field.description))
    if field is None:
        st.caption(f"{kind.capitalize()} `{entry.table}` of {entry.domain}")
    else:
        st.caption(f"{'Feature' if field.is_feature else 'Column'} of the {kind} `{entry.table}`")
    whole = steward.span(entry)
    span = whole if field is None else steward.field_span(entry, field)
    if whole is not None and span is not None:
        _figures(whole, span, of_field=field is not None)
    _words(entry, field, span)
    if field is None:
        _fields(entry)


def _figures(whole: TimeRange, span: TimeRange, *, of_field: bool) -> None:
    rows, first, last, known = st.columns(4)
    if of_field:
        share = span.rows / whole.rows if whole.rows else 0.0
        rows.metric("Rows in which it is known", look.percent(share, 1), border=True)
    else:
        rows.metric("Rows", look.count(whole.rows), border=True)
    first.metric("First event", _day(span.first), border=True)
    last.metric("Last event", _day(span.last), border=True)
    known.metric("Newest known", _day(whole.known), border=True)


def _words(entry: Entry, field: Field | None, span: TimeRange | None) -> None:
    said: dict[str, Sequence[str]] = {
        **({"Type": (_type(field),)} if field else {}),
        "Origin": (field and field.origin) or entry.origin,
        "Owner": (entry.owner,),
        "Granularity": ((field and field.granularity) or entry.granularity,),
        "Time range": (_range(entry, span),),
        "Cleaning": entry.cleaning,
        "Known limits": (*(field.limits if field else ()), *entry.limits),
    }
    for word, sentences in said.items():
        # A home that was built by earlier models lacks some.
        lines = [look.plain(one) for one in sentences if one] or ["not said"]
        mark = "- " if len(lines) > 1 else ""
        name, text = st.columns([1, 5])
        name.markdown(f"**{word}**")
        text.markdown("\n".join(f"{mark}{one}" for one in lines))


def _type(field: Field) -> str:
    parts = (field.kind, field.unit, field.allowed, "personal data" if field.personal_data else "")
    return "; ".join(part for part in parts if part)


def _range(entry: Entry, span: TimeRange | None) -> str:
    if entry.layer == REQUEST:
        return "It has none: it is computed when somebody asks."
    if span is None:
        return f"Release {released.release().number} does not hold it."
    if span.first is None:
        said = "Its rows have no time of their own."
    else:
        said = f"Events from {span.first} to {span.last} UTC."
    if span.about_first is not None:
        said += f" They are about the days from {span.about_first} to {span.about_last}."
    return f"{said} Measured at release {released.release().number}."


def _fields(entry: Entry) -> None:
    rows = [
        {
            "name": one.name,
            "description": one.description,
            "unit": one.unit,
            "allowed": one.allowed,
            "type": one.kind,
            "personal": "yes" if one.personal_data else "",
        }
        for one in entry.fields
    ]
    look.table(
        pd.DataFrame(rows),
        {
            "name": st.column_config.TextColumn("Column", width="medium"),
            "description": st.column_config.TextColumn("What it says", width="large"),
            "unit": "Unit",
            "allowed": st.column_config.TextColumn("Allowed", width="small"),
            "type": "Type",
            "personal": st.column_config.TextColumn("Personal", width="small"),
        },
    )


def _context(domain: str, tables: Sequence[Entry]) -> None:
    by_name = {one.name: one for one in tables}
    name = st.segmented_control(
        "Known at the release",
        list(by_name),
        default=next(iter(by_name)),
        required=True,
        format_func=look.words,
        key=f"catalogue_context_{domain}",
    )
    entry = by_name[name]
    found = steward.rows(entry)
    if found.empty:
        notices.nothing(f"No {look.words(name)} are known at this release.")
        return
    look.table(found, {one.name: _column(one) for one in entry.fields if one.name in found})
    st.caption(
        f"{look.plain(entry.description)} As known at the release, newest days first: corrected "
        "lines as corrected, withdrawn ones left out."
    )


def _column(field: Field) -> object:
    title = look.words(field.name).capitalize()
    if field.kind == "TIMESTAMP":
        return st.column_config.DatetimeColumn(f"{title}, UTC", format=_TIME)
    if field.kind == "DATE":
        return st.column_config.DateColumn(title, format="YYYY-MM-DD")
    if field.kind in {"DOUBLE", "DECIMAL(18,4)"} and field.unit:
        return st.column_config.NumberColumn(f"{title}, {field.unit}", format="localized")
    return title


def _day(instant: datetime | None) -> str:
    return "none" if instant is None else instant.strftime(_DAY)
