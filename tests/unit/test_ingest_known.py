"""When a row became known: the first of four sources that says so."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest

from tambo.ingest.incoming import known
from tambo.sources.contracts import Column, Table, load

EVENT, ARRIVED = datetime(2024, 5, 1), datetime(2024, 5, 9)
INGESTED, RECORDED = datetime(2026, 1, 1), datetime(2024, 5, 3)


def table(*, recorded: bool = False, timeless: bool = False) -> Table:
    columns = {"id": Column(name="id", type="BIGINT"), "at": Column(name="at", type="TIMESTAMP")}
    columns["seen"] = Column(name="seen", type="TIMESTAMP", nullable=True)
    return Table(
        name="things", description="One row a thing.", files=["*"], key=["id"], columns=columns,
        origin="Here.", granularity="thing", limits=["None known."],
        event_time=[] if timeless else ["at"], known_lag_days=1.5,
        recorded_at="seen" if recorded else None,
    )  # fmt: skip


def answer(
    contract: Table, *, seen: datetime | None, arrived: datetime | None, history: bool,
    event: datetime | None = EVENT,
) -> tuple[object, ...]:  # fmt: skip
    at, how = known(contract, "America/Lima")
    found = (
        duckdb.connect()
        .execute(
            f"SELECT {at}, {how} FROM (SELECT ?::TIMESTAMP AS seen, ?::TIMESTAMP AS _event_at, "
            "?::TIMESTAMP AS _arrived_at, ?::BOOLEAN AS _history, ?::TIMESTAMP AS _ingested_at)",
            [seen, event, arrived, history, INGESTED],
        )
        .fetchone()
    )
    assert found is not None
    return found


@pytest.mark.parametrize("history", [True, False])
def test_the_recorded_at_column_goes_first(history: bool) -> None:
    found = answer(table(recorded=True), seen=RECORDED, arrived=ARRIVED, history=history)
    assert found == (RECORDED, "recorded")


def test_then_the_manifest() -> None:
    found = answer(table(recorded=True), seen=None, arrived=ARRIVED, history=True)
    assert found == (ARRIVED, "manifest")


def test_then_history_with_its_lag() -> None:
    found = answer(table(), seen=None, arrived=None, history=True)
    assert found == (datetime(2024, 5, 2, 12), "history")


def test_history_without_time_is_from_the_beginning() -> None:
    found = answer(table(timeless=True), seen=None, arrived=None, history=True, event=None)
    assert found == (datetime(1970, 1, 1), "history")


def test_then_the_time_of_ingest() -> None:
    assert answer(table(), seen=None, arrived=None, history=False) == (INGESTED, "ingest")


def test_history_of_a_row_without_its_time_is_the_time_of_ingest() -> None:
    found = answer(table(), seen=None, arrived=None, history=True, event=None)
    assert found == (INGESTED, "ingest")


def test_flights_are_known_a_day_after_they_were_flown() -> None:
    assert load("travel").tables["flights"].known_lag_days == 1


def test_a_source_that_reports_once_a_day_is_known_from_the_midnight_that_ends_it() -> None:
    daily = table().model_copy(update={"known_daily": True, "known_lag_days": 0.25})
    for hour in (datetime(2024, 5, 1, 5), datetime(2024, 5, 2, 4, 59)):  # of one day in Lima
        found = answer(daily, seen=None, arrived=None, history=True, event=hour)
        assert found == (datetime(2024, 5, 2, 11), "history")


@pytest.mark.parametrize(
    ("announced", "day", "known_at"),
    [
        (EVENT, date(2024, 7, 28), EVENT + timedelta(days=1.5)),
        (None, date(2024, 7, 28), datetime(2024, 6, 28, 5)),
        (None, date(2030, 7, 28), INGESTED),
    ],
)
def test_what_is_about_a_day_is_known_ahead_of_it(
    announced: datetime | None, day: date, known_at: datetime
) -> None:
    columns = table().columns | {"day": Column(name="day", type="DATE")}
    ahead = table().model_copy(update={"columns": columns, "about": "day", "known_ahead_days": 30})
    at, how = known(ahead, "America/Lima")
    found = duckdb.connect().execute(
        f"SELECT {at}, {how} FROM (SELECT ?::TIMESTAMP AS _event_at, ?::DATE AS day, true AS "
        "_history, NULL::TIMESTAMP AS _arrived_at, ?::TIMESTAMP AS _ingested_at)",
        [announced, day, INGESTED],
    )
    assert found.fetchone() == (known_at, "history")
