"""A maintenance schedule on the page: figures, stays in time, who comes first and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from app import look, notices, tables
from app.fleet import columns, schedule, schedule_charts, vessels
from app.fleet.answers import Answer
from app.fleet.figures import Good

GOOD: Mapping[str, Good] = {"earned": "normal", "maintenances": "off"}
"""Figures of which less is not better."""
SHOWN = 3
"""Warnings that are told in full; more of them stand in a fold."""


def figures(answer: Answer) -> None:
    """What the plan is expected to earn and to cost, against today's practice."""
    currency, of, less = vessels.currency(), answer["plan"], answer["difference"]
    boxes = {
        "Earned": ("earned", look.money(of["earned"], 0, currency)),
        "Maintenance": ("maintenance", look.money(of["maintenance"], 0, currency)),
        "Failures": ("failures", look.money(of["failures"], 0, currency)),
        "Revenue lost, and waiting": ("absence", look.money(of["absence"], 0, currency)),
        "Downtime": ("downtime_days", f"{of['downtime_days']:,.1f} days"),
        "Maintenances": ("maintenances", look.count(of["maintenances"])),
    }
    first, *places = [*look.beside(1 + len(boxes) // 2), *look.beside(len(boxes) // 2)]
    _altogether(first, less["cost"], currency)
    for place, (title, (name, value)) in zip(places, boxes.items(), strict=True):
        good = GOOD.get(name, "inverse")
        _box(place, title, value, less[name], good, digits=int(name == "downtime_days"))
    st.caption(
        f"Expected over {answer['horizon']} days; changes are against today's practice. Downtime: "
        "of all vessels, that of expected failures too. Altogether: maintenance, failures and "
        "revenue lost, less what the vessels are worth at the end by how worn they are."
    )
    _warnings(answer["warnings"])


def _altogether(place: Any, less: float, currency: str) -> None:
    """By how much all of it costs less: what a plan earns within its days is not the whole."""
    same = round(less) == 0
    place.metric(
        "Costs altogether",
        "as today" if same else _difference(less, currency),
        delta=None if same else "than today's practice",
        delta_color="normal" if less < 0 else "inverse",
        delta_arrow="off",
        border=True,
        height="stretch",
    )


def _warnings(said: Sequence[str]) -> None:
    """What the service says of its own answer; of a large fleet that is much."""
    if len(said) <= SHOWN:
        notices.warnings(said)
        return
    notices.nothing(f"The service warns of {len(said)} things that it took for granted or changed.")
    with st.expander("What the service warns of"):
        notices.warnings(said)


def _box(place: Any, title: str, value: str, less: float, good: Good, digits: int) -> None:
    # Plus nothing: it never reads -0.
    change = round(less, digits) + 0.0
    place.metric(
        title,
        value,
        delta=f"{change:+,.{digits}f}" if change else "as today",
        delta_color=good if change else "off",
        delta_arrow="auto" if change else "off",
        border=True,
        height="stretch",
    )


def _difference(amount: float, currency: str) -> str:
    return f"{look.money(abs(amount), 0, currency)} {'less' if amount <= 0 else 'more'}"


def gantt(answer: Answer, closed: Sequence[date], held: str = schedule.PRACTICE) -> None:
    """Stays by base, those of the plan beside those that it is held against."""
    stays = schedule.stays(answer, held)
    today, end = date.fromisoformat(answer["asked_at"][:10]), schedule.day(answer["ends_on"])
    last = max([end or today, *stays["back"]]) + timedelta(days=1)
    by_base = _by_base(answer)
    quiet = [base for base in by_base if base not in set(stays["base"])]
    for base, here in by_base.items():
        if base in quiet:
            continue
        st.markdown(f"**{look.plain(base)}**")
        look.chart(
            schedule_charts.gantt(stays[stays["base"] == base], held, here, (today, last), closed),
            f"Stays in the hangar of {base}: {schedule.PROPOSED} beside {held}",
            schedule_charts.height(here),
        )
    if quiet:
        notices.nothing(f"Nobody enters within these days at {', '.join(quiet)}.")
    st.caption(
        f"Days, UTC, in the order of priority. Above: {schedule.PROPOSED}; below: {held}, as far "
        "as it can be kept. Grey: nobody enters. Dashed: today. One that is in its hangar now is "
        "drawn from today on."
    )


def _by_base(answer: Answer) -> dict[str, list[str]]:
    """Vessels of each base, in the order of priority."""
    found: dict[str, list[str]] = {}
    for one in answer["vessels"]:
        found.setdefault(one["base"], []).append(one["aircraft_id"])
    return dict(sorted(found.items()))


def plan(answer: Answer) -> None:
    """Who enters when and why, in the order of priority, and as a file."""
    rows, currency = schedule.planned(answer), vessels.currency()
    look.table(rows.round({"cost": 0}), columns.scheduled(currency), look.high(rows))
    st.caption(
        "Cost: what its maintenance is expected to cost. Failure: its chance before the vessel "
        "enters, or within these days. Empty: not within these days."
    )
    asked = answer["asked_at"][:10]
    st.download_button(
        "Download the plan as CSV",
        tables.csv(rows.assign(cost=rows["cost"].round(2), chance=rows["chance"].round(2))),
        file_name=f"maintenance-schedule-{asked}.csv",
        mime=tables.CSV,
        on_click="ignore",
        key="schedule_csv",
    )


def limits(found: Sequence[Mapping[str, Any]], of: str) -> None:
    """Legal limits that a plan does not meet."""
    for one in found:
        said = f"{one['aircraft_id']}, by {of}: {one['says']}."
        st.warning(look.plain(said))


def vessel(answer: Answer) -> None:
    """Other days for one vessel, with their money, and what the network holds of it."""
    st.header("One vessel")
    by_name = {one["aircraft_id"]: one for one in answer["vessels"]}
    if st.session_state.get("schedule_vessel") not in by_name:
        st.session_state["schedule_vessel"] = next(iter(by_name))
    name = st.selectbox("Vessel", list(by_name), key="schedule_vessel", width=420)
    one, currency = by_name[name], vessels.currency()
    st.markdown(f"{look.plain(name)}: {look.plain(one['why'])}.")
    rows = schedule.alternatives(one)
    if rows.empty:
        notices.nothing(f"There is no other day for {name}: it is in its hangar.")
    else:
        look.table(_whole(rows), columns.alternatives(currency))
        st.caption(
            "By how much each figure of the fleet is more than by the plan, all other vessels as "
            "planned; that a vessel stands still from a legal limit on is not in it. Worth: of the "
            "vessels at the end, by how worn they are; more is better."
        )
    _network(name, one["network"], currency)


def _network(name: str, said: Mapping[str, Any] | None, currency: str) -> None:
    st.subheader("What the network holds of entering today")
    if said is None:
        notices.nothing(f"{name} could not enter today, so the network is not asked.")
        return
    left, right, _ = st.columns([1, 1, 2])
    left.metric("Staying is worth", look.money(said["stay"], 0, currency), border=True)
    right.metric("Entering is worth", look.money(said["enter"], 0, currency), border=True)
    if said["moved_by"]:
        look.chart(
            schedule_charts.moved_by(said, currency),
            f"What speaks for entering and for staying, of {name}",
            150 + 28 * len(said["moved_by"]),
        )
    st.caption("Whichever schedule decides: exact Shapley values of groups of its features.")


def simulated(answer: Answer) -> None:
    """What simulated fleets earned by each schedule."""
    rows = schedule.simulated(answer)
    named = rows.assign(name=rows["name"].map(look.words))
    amounts = dict.fromkeys(("earned", "low", "high"), 0)
    with st.expander("What simulated fleets earned by each schedule"):
        look.table(named.round(amounts), columns.simulated(vessels.currency()))
        st.caption("Of a fleet and year, on average; low and high: the interval of 95 % of it.")


def rests_on(answer: Answer) -> None:
    """Which schedule decided, and on what it rests."""
    model = answer["model"]
    proven = "no better plan exists" if answer["proven"] else "a better plan may exist"
    by = look.words(answer["schedule"])
    said = f"; {proven}" if answer["schedule"] == "optimiser" else ""
    st.caption(
        f"Asked at {pd.Timestamp(answer['asked_at']):%d %b %Y, %H:%M} UTC. Decided by: {by}{said}. "
        f"{model['name']} version {model['version']} ({look.words(model['estimator'])}), release "
        f"{answer['release']}."
    )


def _whole(rows: pd.DataFrame) -> pd.DataFrame:
    """Amounts as whole numbers, for reading."""
    amounts = rows.select_dtypes("number").columns
    # Plus nothing: none of them reads -0.
    return rows.assign(**{one: rows[one].round(0) + 0.0 for one in amounts})
