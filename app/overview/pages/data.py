"""Data: how much there is, when, how fresh, what was refused, and which releases were made."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import look, notices, released
from app.overview import data_charts, volumes
from tambo.featurestore.online_status import online_status
from tambo.lake.releases import RELEASED, Release
from tambo.lake.waiting import waiting

TITLE, ORDER = "Data", 1

_TIME = "YYYY-MM-DD HH:mm"
_LINES = 20


def show() -> None:
    """Draw the page."""
    _figures()
    st.header("Volumes and seasons")
    _volumes()
    st.header("Quarantine")
    _quarantine()
    st.header("Freshness")
    _freshness()
    st.header("Feedback")
    _feedback()
    st.header("Releases")
    _releases(released.history())


def _figures() -> None:
    known = volumes.tables()
    reasons = volumes.reasons()
    places = st.columns(len(known) + 1)
    for place, one in zip(places, known, strict=False):
        place.metric(f"Rows of {one.name}", look.count(one.rows), border=True, help=one.says)
    places[-1].metric("Lines in quarantine", look.count(reasons["lines"].sum()), border=True)


def _volumes() -> None:
    known = {one.name: one for one in volumes.tables()}
    names = [name for name, one in known.items() if not volumes.months(one).empty]
    if names:
        name = st.segmented_control(
            "Table", names, default=names[0], required=True, key="data_table"
        )
        chosen = known[name]
        left, right = st.columns(2)
        with left:
            look.chart(
                data_charts.months(volumes.months(chosen), chosen.day_says),
                f"Rows of {chosen.name} by month",
            )
        with right:
            look.chart(
                data_charts.seasons(volumes.seasons(chosen)),
                f"Mean rows of {chosen.name} a day, by month of the year and day of the week",
            )
        st.caption(f"{chosen.says} Rows are counted as they came, corrections among them.")
    else:
        notices.nothing("No table of this release says when its rows happened.")
    found = volumes.files()
    found["megabytes"] = found.pop("bytes") / 1e6
    look.table(
        found,
        {
            "domain": "Domain",
            "table_name": "Table",
            "files": look.count_column("Files"),
            "lines": look.count_column("Lines"),
            "loaded": look.count_column("Records loaded"),
            "repeats": look.count_column("Repeats"),
            "quarantined": look.count_column("To quarantine"),
            "megabytes": st.column_config.NumberColumn("Size, MB", format="%.2f"),
            "last_file": st.column_config.DatetimeColumn("Last file, UTC", format=_TIME),
        },
    )
    st.caption("Files as they stand now, whether released or not.")


def _quarantine() -> None:
    found = volumes.reasons()
    if found.empty:
        notices.nothing("The quarantine is empty: every line of every file was loaded.")
        return
    left, right = st.columns([2, 3])
    with left:
        look.chart(data_charts.reasons(found), "Lines in quarantine by reason and table", 360)
    with right:
        pairs = [(one["table_name"], one["reason"]) for one in found.to_dict("records")]
        table, reason = st.selectbox(
            "Lines refused because of",
            pairs,
            format_func=lambda pair: f"{look.words(pair[1])} in {pair[0]}",
            key="data_reason",
        )
        look.table(
            volumes.lines(table, reason, _LINES),
            {
                "source_file": "File",
                "line": st.column_config.NumberColumn("Line", format="%d"),
                "column_name": "Column",
                "value": "Value",
                "message": st.column_config.TextColumn("What is wrong", width="large"),
                "remedy": st.column_config.TextColumn("What to do", width="large"),
            },
            height=290,
        )
    st.caption(
        f"The first {_LINES} lines of a reason. Personal values are not shown. To mend them: "
        "`tambo quarantine export fix.csv`, correct the file, `tambo quarantine fix fix.csv`."
    )


def _freshness() -> None:
    look.table(
        volumes.freshness(),
        {
            "table": "Table",
            "rows": look.count_column("Rows"),
            "newest_event": st.column_config.DatetimeColumn("Newest event, UTC", format=_TIME),
            "newest_known": st.column_config.DatetimeColumn("Newest arrival, UTC", format=_TIME),
            "age_days": st.column_config.NumberColumn("Age at as-of, days", format="%d"),
            "state": "State",
        },
    )
    latest = released.release()
    online = online_status(released.settings(), latest.number)
    st.markdown(f"Online features: {online.text}.")
    if online.remedy:
        st.code(online.remedy, language="bash")
    st.caption(f"Ages count to the newest fact of the release, {latest.as_of} UTC.")


def _feedback() -> None:
    waits = sum(one.records for one in waiting(released.settings()))
    found = volumes.feedback()
    if found.empty:
        notices.nothing("Nobody has said anything of a recommendation yet.")
    else:
        look.table(
            found.assign(kind=found["kind"].map(look.words)),
            {
                "model": "Model",
                "model_version": "Version",
                "kind": "Said",
                "said": look.count_column("Times"),
                "items": look.count_column("Of different hotels"),
                "newest": st.column_config.DatetimeColumn("Last, UTC", format=_TIME),
            },
        )
    if waits:
        st.caption(f"{look.count(waits)} more wait in the spool until nobody writes the lake.")


def _releases(history: list[Release]) -> None:
    rows = [
        {
            "release": one.number,
            "status": one.status,
            "created_at": one.created_at,
            "as_of": str(one.as_of),
            "rows": sum(one.row_counts.values()),
            "suites": len(one.verdicts),
            "failures": sum(len(suite["failures"]) for suite in one.verdicts),
            "snapshot": one.snapshot_id,
            "git": one.git_revision[:10],
        }
        for one in history
    ]
    look.table(
        pd.DataFrame(rows),
        {
            "release": "Release",
            "status": "Status",
            "created_at": st.column_config.DatetimeColumn("Made, UTC", format=_TIME),
            "as_of": "As of, UTC",
            "rows": look.count_column("Rows of all tables"),
            "suites": "Suites checked",
            "failures": "Expectations failed",
            "snapshot": "Snapshot",
            "git": "Code",
        },
    )
    kept = [str(one.number) for one in history if one.status == RELEASED]
    st.caption(f"Can be read: release {', '.join(kept)}. The newest of them is shown everywhere.")
