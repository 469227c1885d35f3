"""`aircraft_health` worked out reading by reading is what its SQL says, for any history of readings.

The SQL is the mart's own, compiled by dbt once, and run on small tables of random histories. Both
must agree to the last bit, at every instant at which something becomes known or true. And whatever
sensors may say by their contract, the gate lets pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.discover import all_suites
from expectations.suite import Suite
from tambo.lake import dbt_runner, writer
from tambo.settings import Settings
from tambo.streaming.fleet.begin import vessels_of
from tambo.streaming.fleet.exact import millionths
from tambo.streaming.fleet.rows import Reading
from tambo.streaming.fleet.vessel import Vessel
from tambo.streaming.fleet.windows import microseconds

BEGIN = datetime(2024, 1, 1)
HOUR = 3600.0
VESSEL = "N-1"
MODELS = ("stg_telemetry", "int_readings", "aircraft_health")


@dataclass(frozen=True)
class Line:
    """A line of raw: when it is known and about which time, in microseconds."""

    known_at: datetime
    read_at: datetime
    score: float | None
    variance: float | None
    withdrawn: bool = False

    def content(self) -> tuple:
        return self.read_at, self.score, self.variance, self.withdrawn

    def reading(self) -> Reading:
        values = (millionths(self.score), millionths(self.variance))
        known = microseconds(self.known_at)
        return Reading(microseconds(self.read_at), known, values, self.withdrawn)


# Mostly in order and soon; sometimes together, after a day or a month without any, late or ahead.
WAITS = st.sampled_from([0.0, 0.001, 1.0, HOUR, HOUR, 6 * HOUR, 30 * HOUR, 170 * HOUR, 690 * HOUR])
AGES = st.sampled_from([0.0, 0.0, 0.0, 0.5, -200.0, HOUR, 9 * HOUR, 169 * HOUR, 660 * HOUR])
SCORES = st.one_of(st.sampled_from([80.0, 80.4, 79.9, 81.0, 80.0, None, 5.0, 100.0, 33.3]))
VARIANCES = st.one_of(
    st.sampled_from([9.0, 9.25, 8.5, 9.0, 10.1, None, 225.5, 0.0]),
    st.floats(0, 10000, allow_nan=False, width=32),
)
AGAIN = st.sampled_from(["", "", "", "", "corrected", "corrected", "repeated", "withdrawn", "back"])


@st.composite
def histories(draw: st.DrawFn) -> list[Line]:
    """Lines of one vessel in the order in which they become known."""
    now, lines = BEGIN, []
    steady, varied = draw(st.integers(0, 40)), draw(st.sampled_from([1.0, 1.0, 0.0, 1e-6]))
    for number in range(steady):
        now += timedelta(hours=6)
        lines.append(Line(now, now, 80 + number % 5 / 4 * varied, 9 + number % 3 / 8 * varied))
    for wait, age, score, variance, again, which in draw(
        st.lists(
            st.tuples(WAITS, AGES, SCORES, VARIANCES, AGAIN, st.integers(0, 100)),
            min_size=1,
            max_size=30,
        )
    ):
        now += timedelta(seconds=wait)
        old = lines[-1 - which % len(lines)] if lines and again else None
        if old is None:
            line = Line(now, now - timedelta(seconds=age), score, variance)
        elif again == "corrected":
            line = replace(old, known_at=now, score=score, withdrawn=False)
        elif again == "withdrawn":
            line = replace(old, known_at=now, withdrawn=True)
        else:
            line = replace(old, known_at=now, withdrawn=again == "back" and not old.withdrawn)
        lines.append(line)
    return lines


class Sql(dict):
    """SQL by model, which a failing example does not print."""

    def __repr__(self) -> str:
        return "SQL"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home without rows, whose models of readings dbt has compiled."""
    home = Settings(home=tmp_path_factory.mktemp("compiled") / "home")
    with writer(home, "test"):
        pass
    dbt_runner.run(home, ["compile", "--full-refresh", "--select", *MODELS])
    return home


@pytest.fixture(scope="module")
def gate(compiled: Settings) -> Suite:
    """What the gate expects of the mart's rows."""
    suites = {suite.name: suite for suite in all_suites(compiled, ["fleet"])}
    return suites["fleet.marts.aircraft_health"]


@pytest.fixture(scope="module")
def marts(compiled: Settings) -> Sql:
    """The SQL of the readings and of the mart, each of a full refresh, by name."""
    found = (compiled.dbt_target / "compiled").rglob("*.sql")
    return Sql({path.stem: path.read_text() for path in found if path.stem in MODELS})


class Batch:
    """A lake of one vessel's raw lines, and what the SQL makes of it."""

    def __init__(self, marts: Sql, lines: list[Line]) -> None:
        self.lake = duckdb.connect(config={"threads": 1})
        self._marts = marts
        self.lake.execute("ATTACH ':memory:' AS lake")
        for schema in ("raw", "staging", "intermediate", "marts"):
            self.lake.execute(f"CREATE SCHEMA lake.{schema}")
        self.lake.execute(
            "CREATE TABLE lake.raw.telemetry (aircraft_id VARCHAR, read_at TIMESTAMP, "
            "engine_health_score DOUBLE, temperature_variance DOUBLE, withdrawn BOOLEAN, "
            "_batch_id BIGINT, _row_number BIGINT, _known_at TIMESTAMP)"
        )
        self.lake.execute(f"CREATE VIEW lake.staging.stg_telemetry AS {marts['stg_telemetry']}")
        self.add(lines)

    def add(self, lines: list[Line]) -> None:
        """Take lines in; of lines with one content after the other, ingest keeps the first."""
        (count,) = self.lake.execute("SELECT count(*) FROM lake.raw.telemetry").fetchone()
        for number, line in enumerate(lines, start=count):
            row = [VESSEL, *line.content(), number, 1, line.known_at]
            self.lake.execute("INSERT INTO lake.raw.telemetry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def build(self) -> None:
        """Judge the readings that there are."""
        sql = self._marts["int_readings"]
        self.lake.execute(f"CREATE OR REPLACE TABLE lake.intermediate.int_readings AS {sql}")

    def rows(self) -> list[dict[str, Any]]:
        """The mart, in the order of its instants; times with a zone."""
        self.build()
        sql = self._marts["aircraft_health"]
        self.lake.execute(f"CREATE OR REPLACE TABLE lake.marts.aircraft_health AS {sql}")
        found = self.lake.execute("FROM lake.marts.aircraft_health ORDER BY created_timestamp")
        names = [column[0] for column in found.description]
        return [
            {name: _zoned(value) for name, value in zip(names, row, strict=True)}
            for row in found.fetchall()
        ]

    def refused(self, suite: Suite) -> dict[str, int]:
        """Rows of the mart that the gate would refuse, by what it expects of them."""
        counts = ", ".join(
            f"count(*) FILTER (NOT ({_condition(suite.columns[one.column], one.arguments)}))"
            for one in suite.expectations
        )
        found = self.lake.execute(f"SELECT {counts} FROM lake.{suite.table}").fetchone()
        return {one.says: rows for one, rows in zip(suite.expectations, found, strict=True) if rows}


def _condition(sql: str, arguments: Mapping[str, Any]) -> str:
    """What the gate expects of a column, in SQL; null is no refusal, but where it never may be."""
    if not arguments:
        return f"{sql} IS NOT NULL"
    if "value_set" in arguments:
        return sql
    low, high = arguments.get("min_value", "-infinity"), arguments.get("max_value", "infinity")
    return f"{sql} BETWEEN DOUBLE '{low}' AND DOUBLE '{high}'"


def _zoned(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def versions(lines: list[Line]) -> list[Line]:
    """Lines without those that repeat the one of their reading before them."""
    newest: dict[datetime, Line] = {}
    kept = []
    for line in lines:
        before = newest.get(line.read_at)
        if before is None or before.content() != line.content():
            kept.append(line)
            newest[line.read_at] = line
    return kept


def told(vessel: Vessel, lines: list[Line]) -> dict[datetime, Any]:
    """Tell a vessel lines; its state by instant, also of those that lie between two lines."""
    states: dict[datetime, Any] = {}

    def pass_to(now: int) -> None:
        while vessel.next_due is not None and vessel.next_due <= now:
            vessel.reach(vessel.next_due)
            note()

    def note() -> None:
        state = vessel.state()
        if state is not None:
            states[state["created_timestamp"]] = state

    for known_at, together in groupby(lines, key=lambda line: line.known_at):
        pass_to(microseconds(known_at) - 1)
        vessel.tell([line.reading() for line in together])
        note()
    pass_to(2**62)
    return states


def check(states: dict[datetime, Any], rows: list[dict[str, Any]]) -> None:
    """Each state is the row that the mart has at its instant."""
    for instant, state in states.items():
        known = [row for row in rows if row["created_timestamp"] <= instant]
        assert known, instant
        expected = {k: v for k, v in known[-1].items() if k != "aircraft_id"}
        found = state | {"created_timestamp": expected["created_timestamp"]}
        assert found == expected, (instant, {k: (found[k], v) for k, v in expected.items()
                                             if found[k] != v})  # fmt: skip
    assert {row["created_timestamp"] for row in rows} <= set(states)


def at_last(readings: int, apart: float, last: tuple[float, float]) -> list[Line]:
    """A sensor that stands still but for the last digit, some seconds apart, and then does not."""
    times = [BEGIN + timedelta(seconds=apart * n) for n in range(readings + 1)]
    return [
        *(Line(at, at, 80 + n % 2 / 1e6, 9 + n % 2 / 1e6) for n, at in enumerate(times[:-1])),
        Line(times[-1], times[-1], *last),
    ]


@given(lines=histories())
@example(lines=at_last(119, HOUR, (0.0, 0.0)))
@example(lines=at_last(20, 6 * HOUR, (100.0, 10000.0)))
@example(lines=at_last(9, 0.001, (100.0, 0.0)))
@settings(max_examples=40, deadline=None)
def test_reading_by_reading_is_what_the_mart_says(marts, gate, lines):
    batch = Batch(marts, versions(lines))
    check(told(Vessel(), lines), batch.rows())
    assert batch.refused(gate) == {}


@given(lines=histories(), cuts=st.lists(st.floats(0, 1), min_size=3, max_size=3))
@settings(max_examples=40, deadline=None)
def test_begun_from_a_lake_it_goes_on_as_if_never_ended(marts, lines, cuts):
    """The lake judged some readings, holds some more, and is told some of these again."""
    together = [list(group) for _, group in groupby(lines, key=lambda line: line.known_at)]
    again, judged, held = sorted(round(cut * len(together)) for cut in cuts)
    built, before, later = (
        list(chain(*part)) for part in (together[:judged], together[:held], together[held:])
    )
    lake = Batch(marts, versions(built))
    lake.build()
    lake.add(versions(before)[len(versions(built)) :])
    now = (before[-1].known_at if before else BEGIN - timedelta(hours=1)).replace(tzinfo=UTC)
    vessel = vessels_of(lake.lake, [VESSEL], now)[VESSEL]
    for group in together[again:held]:
        vessel.tell([line.reading() for line in group])
    vessel.reach(microseconds(now))
    whole = told(Vessel(), lines)
    known = [state for at, state in whole.items() if at <= now]
    assert without_created(vessel.state()) == without_created(known[-1] if known else None)
    states = told(vessel, later)
    assert {at: state for at, state in states.items() if at > now} == {
        at: state for at, state in whole.items() if at > now
    }


def without_created(state: dict[str, Any] | None) -> dict[str, Any] | None:
    """A state; when it became known is that of the last line told, also of one that repeats."""
    return state and {k: v for k, v in state.items() if k != "created_timestamp"}
