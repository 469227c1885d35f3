"""Figures by month against hours that are counted one by one."""

from __future__ import annotations

import doctest
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import duckdb
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.fleet import months, reliability
from app.fleet.figures import FIGURES
from app.fleet.pages import executive

START = datetime(2025, 1, 15)
HOURS = 24 * 75
AS_OF = START + timedelta(hours=HOURS)
KINDS = {"A": "Yacht", "B": "Private Jet", "C": None}
SINCE = {"A": None, "B": datetime(2025, 2, 10), "C": datetime(2020, 1, 1)}

TABLES = """
    ATTACH ':memory:' AS lake; CREATE SCHEMA lake.intermediate; USE lake.intermediate;
    CREATE TABLE int_vessels (aircraft_id VARCHAR, aircraft_type VARCHAR, in_service_since DATE,
        ended_timestamp TIMESTAMP);
    CREATE TABLE int_flights (aircraft_id VARCHAR, event_timestamp TIMESTAMP, hours BIGINT,
        revenue BIGINT, ended_timestamp TIMESTAMP);
    CREATE TABLE int_maintenances (aircraft_id VARCHAR, kind VARCHAR, event_timestamp TIMESTAMP,
        finished_at TIMESTAMP, job_cost BIGINT, ended_timestamp TIMESTAMP);
    CREATE TABLE int_downtimes (aircraft_id VARCHAR, event_timestamp TIMESTAMP,
        ended_at TIMESTAMP, ended_timestamp TIMESTAMP);
"""

hours = st.integers(-48, HOURS + 48)
vessels = st.sampled_from([*KINDS, "stranger"])
ends = st.one_of(st.none(), st.integers(0, 900))
flights = st.lists(st.tuples(vessels, hours, st.integers(0, 20), st.none() | st.integers(0, 9)))
jobs = st.lists(
    st.tuples(
        vessels,
        st.sampled_from(["scheduled", "unscheduled"]),
        hours,
        ends,
        st.none() | st.integers(0, 9),
    )
)
downtimes = st.dictionaries(st.tuples(vessels, hours), ends, max_size=12)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def month(when: datetime) -> datetime:
    return datetime(when.year, when.month, 1)


@pytest.fixture(scope="module")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


def asked(lake, flown, done, down) -> pd.DataFrame:
    """What the page asks of a lake with these facts, and with versions that stand no more."""
    for name in ("vessels", "flights", "maintenances", "downtimes"):
        lake.execute(f"DELETE FROM int_{name}")
    for name, kind in KINDS.items():
        lake.execute("INSERT INTO int_vessels VALUES (?, ?, ?, NULL)", [name, kind, SINCE[name]])
    for name, hour, long, money in flown:
        paid = None if money is None else money * 10_000
        row = [name, at(hour), long * 1_000_000, paid]
        lake.execute("INSERT INTO int_flights VALUES (?, ?, ?, ?, NULL)", row)
        lake.execute("INSERT INTO int_flights VALUES (?, ?, ?, ?, ?)", [*row, AS_OF])
    for name, kind, hour, long, money in done:
        end = None if long is None else at(hour + long)
        paid = None if money is None or end is None else money * 10_000
        row = [name, kind, at(hour), end, paid]
        lake.execute("INSERT INTO int_maintenances VALUES (?, ?, ?, ?, ?, NULL)", row)
    for (name, hour), long in down.items():
        end = None if long is None else at(hour + long)
        lake.execute("INSERT INTO int_downtimes VALUES (?, ?, ?, NULL)", [name, at(hour), end])
    return lake.execute(months.QUERY, [AS_OF]).df()


def counted(flown, done, down) -> dict[tuple[datetime, str], dict[str, float]]:
    """The same, hour by hour."""
    found: dict[tuple[datetime, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    begins = [one[1] for one in flown] + [one[2] for one in done] + [hour for _, hour in down]
    known = [hour for hour in begins if at(hour) <= AS_OF]
    kind_of = {name: kind or months.UNTOLD for name, kind in KINDS.items()}
    for name, kind in kind_of.items():
        mine = [
            (hour, HOURS if long is None else hour + long)
            for (who, hour), long in down.items()
            if who == name
        ]
        for hour in range(min(known, default=HOURS), HOURS):
            if SINCE[name] is not None and at(hour) < SINCE[name]:
                continue
            cell = found[month(at(hour)), kind]
            cell["seconds"] += 3600
            cell["down"] += 3600 * any(begin <= hour < end for begin, end in mine)
    for name, hour, long, money in flown:
        if hour <= HOURS:
            cell = found[month(at(hour)), kind_of.get(name, months.UNTOLD)]
            cell["flights"] += 1
            cell["hours"] += long
            cell["revenue"] += money or 0
    for name, kind, hour, long, money in done:
        if hour > HOURS:
            continue
        cell = found[month(at(hour)), kind_of.get(name, months.UNTOLD)]
        cell["begun"] += 1
        cell["failures"] += kind == "unscheduled"
        if long is not None and hour + long <= HOURS:
            cell = found[month(at(hour + long)), kind_of.get(name, months.UNTOLD)]
            cell["done"] += 1
            cell["priced"] += money is not None
            cell[f"{kind}_cost"] += money or 0
    return found


@settings(max_examples=40)
@example([("A", HOURS, 1, 1)], [("A", "scheduled", 0, HOURS, 3)], {("B", HOURS): None})
@given(flights, jobs, downtimes)
def test_months_are_what_is_counted_hour_by_hour(lake, flown, done, down) -> None:
    rows = asked(lake, flown, done, down)
    expected = counted(flown, done, down)
    made = {
        (one["month"].to_pydatetime(), one["kind"]): {name: one[name] for name in months.SUMS}
        for one in rows.to_dict("records")
    }
    assert set(made) == set(expected)
    for key, sums in made.items():
        assert sums == pytest.approx({name: expected[key][name] for name in months.SUMS})
    for whole, some in rows.groupby("month")["whole"]:
        assert some.nunique() == 1, whole
    assert not rows.loc[rows["month"] == month(AS_OF), "whole"].any(), "it is not over"
    assert (rows["down"] <= rows["seconds"]).all()


@given(flights, jobs, downtimes)
@settings(max_examples=10)
def test_figures_of_parts_lie_around_those_of_the_whole(lake, flown, done, down) -> None:
    rows = asked(lake, flown, done, down)
    told = reliability.told(rows)
    total = reliability.total(rows, told)
    for key in ("kind", "month"):
        parts = reliability.by(rows, [key], told)
        for name in ("hours", "revenue", "cost", "failures", "down_days"):
            assert parts[name].sum() == pytest.approx(total[name] or 0.0)
        for name in ("availability", "unscheduled_share"):
            if total[name] is not None:
                assert 0 <= parts[name].min() <= total[name] + 1e-9
                assert total[name] - 1e-9 <= parts[name].max() <= 1


def test_what_nobody_told_of_is_not_known(lake) -> None:
    assert asked(lake, [], [], {}).empty
    rows = asked(lake, [("A", 0, 10, 5)], [], {})
    figures = reliability.total(rows, reliability.told(rows))
    assert (figures["hours"], figures["revenue"]) == (10.0, 5.0)
    unknown = {"availability", "failure_rate", "hours_between", "unscheduled_share", "cost"}
    assert {name for name in unknown if figures[name] is None} == unknown
    quiet = asked(lake, [("A", 0, 10, 5)], [("A", "scheduled", 0, 5, None)], {})
    figures = reliability.total(quiet, reliability.told(quiet))
    assert (figures["failure_rate"], figures["hours_between"]) == (0.0, None), "none failed"
    assert figures["cost"] is None, "of the one that ended, no cost is told"


def test_each_figure_is_written_by_what_it_needs(lake) -> None:
    rows = asked(lake, [("A", 0, 10, 5)], [], {})
    told = reliability.told(rows)
    found = reliability.total(rows, told)
    written = {one.name: one.written(found[one.name], told, "USD") for one in FIGURES}
    assert (written["hours"], written["revenue"]) == ("10 h", "USD 5")
    for one in FIGURES:
        known = {"flights"} >= set(one.needs)
        assert (written[one.name] == "not known") == (not known)
    changes = {one.name: one.change(0.5, 0.4) for one in FIGURES}
    assert (changes["availability"], changes["cost"]) == ("+10.0 points", "+25 %")
    assert {one.change(1.0, None) for one in FIGURES} == {None}


def test_only_whole_months_are_summed_up_and_compared(lake) -> None:
    rows = asked(lake, [("A", 0, 1, 1)], [], {})
    recent, before = executive.periods(rows, 1)
    assert set(recent["month"]) == {datetime(2025, 2, 1)}, "January began, March ended within"
    assert before is None
    many = pd.DataFrame(
        {"month": pd.date_range("2024-01-01", periods=6, freq="MS"), "whole": [True] * 5 + [False]}
    )
    for length in (1, 2):
        recent, before = executive.periods(many, length)
        starts = [*before["month"], *recent["month"]]
        assert starts == list(many["month"])[5 - 2 * length : 5]
        assert all(one < other for one, other in pairwise(starts))
    recent, before = executive.periods(many, 12)
    assert (len(recent), before) == (5, None)
    recent, before = executive.periods(many[many["month"] > "2024-05-15"], 12)
    assert (len(recent), before) == (1, None), "where none is whole, all there is"


def test_the_examples_hold() -> None:
    found = doctest.testmod(reliability)
    assert found.attempted > 0
    assert found.failed == 0
