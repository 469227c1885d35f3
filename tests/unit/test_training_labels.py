"""Labels as they were known: versions, withdrawals, gaps before each split."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tambo.errors import TrainingError
from tambo.lake import reader, writer
from tambo.settings import Settings
from training.labels import LabelTable, read_labels, require
from training.splits import Bounds, PersonSplit, TimeSplit, read_split, time_bounds

DAY = timedelta(days=1)
START = datetime(2025, 1, 1)
LABELS = LabelTable("marts.labels", key=("trip", "leg"), label="price", window=7 * DAY)


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """100 trips, one a day, known two days later; some corrected or withdrawn much later."""
    made = Settings(home=tmp_path_factory.mktemp("labels"))
    with writer(made, "test") as lake:
        lake.execute(
            "CREATE TABLE lake.marts.labels AS SELECT range AS trip, 1 AS leg, "
            "TIMESTAMP '2025-01-01' + INTERVAL (range) DAY AS event_timestamp, "
            "TIMESTAMP '2025-01-03' + INTERVAL (range) DAY AS created_timestamp, "
            "100.0 + range AS price FROM range(100)"
        )
        # Trip 5 is corrected, trip 6 withdrawn, both on day 50; trip 7 comes back on day 60.
        lake.execute(
            "INSERT INTO lake.marts.labels VALUES "
            "(5, 1, '2025-01-06', '2025-02-20', 999.0), (6, 1, '2025-01-07', '2025-02-20', NULL), "
            "(7, 1, '2025-01-08', '2025-02-20', NULL), (7, 1, '2025-01-08', '2025-03-02', 777.0)"
        )
    return made


def prices(settings: Settings, **arguments) -> dict[int, float]:
    with reader(settings) as lake:
        rows = read_labels(lake, LABELS, **arguments)
    return dict(zip(rows["trip"].to_pylist(), rows["price"].to_pylist(), strict=True))


def test_a_correction_is_not_seen_before_it_was_known(settings):
    before = prices(settings, known_by=datetime(2025, 2, 19))
    assert (before[5], before[6], before[7]) == (105.0, 106.0, 107.0)
    assert prices(settings, known_by=datetime(2025, 2, 20))[5] == 999.0


def test_a_withdrawn_label_is_left_out_until_it_comes_back(settings):
    on_the_day = prices(settings, known_by=datetime(2025, 2, 20))
    assert 6 not in on_the_day
    assert 7 not in on_the_day
    assert prices(settings, known_by=datetime(2025, 3, 2))[7] == 777.0


def test_what_was_not_known_yet_is_not_there(settings):
    # Trip 30 is of 31 January, known on 2 February.
    assert 30 not in prices(settings, known_by=datetime(2025, 2, 1, 23))
    assert 30 in prices(settings, known_by=datetime(2025, 2, 2))


def test_start_is_inside_and_end_is_outside(settings):
    found = prices(
        settings, known_by=datetime(2026, 1, 1), start=START + 10 * DAY, end=START + 12 * DAY
    )
    assert list(found) == [10, 11]


def test_each_part_uses_the_labels_known_at_its_end_and_keeps_the_gap(settings):
    bounds = Bounds(START + 40 * DAY, START + 70 * DAY, as_of=START + 120 * DAY)
    with reader(settings) as lake:
        parts = read_split(lake, LABELS, TimeSplit(least_rows=5), bounds)
    times = {name: rows["event_timestamp"].to_pylist() for name, rows in parts.items()}
    assert max(times["train"]) < bounds.calibration_start - LABELS.window
    assert min(times["calibration"]) >= bounds.calibration_start
    assert max(times["calibration"]) < bounds.test_start - LABELS.window
    assert min(times["test"]) >= bounds.test_start
    train = dict(zip(parts["train"]["trip"].to_pylist(), parts["train"]["price"].to_pylist(),
                     strict=True))  # fmt: skip
    # Corrected and withdrawn on day 50, after training ended on day 40.
    assert (train[5], train[6]) == (105.0, 106.0)
    assert max(parts["train"]["created_timestamp"].to_pylist()) <= bounds.calibration_start


def test_bounds_lie_at_the_declared_shares(settings):
    with reader(settings) as lake:
        bounds = time_bounds(
            lake, LABELS, TimeSplit(calibration_share=0.2, test_share=0.1), START + 200 * DAY
        )
    assert bounds.calibration_start == pytest.approx(START + 70 * DAY, abs=2 * DAY)
    assert bounds.test_start == pytest.approx(START + 90 * DAY, abs=2 * DAY)


def test_too_few_labels_are_named(settings):
    bounds = Bounds(START + 40 * DAY, START + 70 * DAY, as_of=START + 120 * DAY)
    with reader(settings) as lake, pytest.raises(TrainingError, match="calibration 23") as raised:
        read_split(lake, LABELS, TimeSplit(least_rows=25), bounds)
    assert "test" not in raised.value.message.split("too few")[1].split("rows")[0]


def test_no_labels_by_an_early_as_of(settings):
    with reader(settings) as lake, pytest.raises(TrainingError, match="holds no label"):
        time_bounds(lake, LABELS, TimeSplit(), datetime(2024, 1, 1))


def test_a_missing_mart_is_named(settings):
    with reader(settings) as lake, pytest.raises(TrainingError, match=r"marts\.nothing"):
        require(lake, LabelTable("marts.nothing", ("trip",), "price", DAY))


def test_a_person_stays_in_a_part_and_is_seen_at_as_of(settings):
    split = PersonSplit("trip", least_rows=1)
    table = LabelTable("marts.labels", key=("trip", "leg"), label="price", window=0 * DAY)
    early, late = START + 60 * DAY, START + 200 * DAY
    with reader(settings) as lake:
        (before, _), (after, bounds) = (split.read(lake, table, t) for t in (early, late))
    assert bounds == Bounds(late, late, late)
    people = {name: {*part["trip"].to_pylist()} for name, part in after.items()}
    assert sum(map(len, people.values())) == 99, "one was withdrawn"
    assert all(people["train"].isdisjoint(people[name]) for name in ("calibration", "test"))
    assert {*after["test"]["event_timestamp"].to_pylist()} == {late}
    for name, part in before.items():
        known = {*part["trip"].to_pylist()} - {6}
        assert known <= people[name], "nobody moves to another part"
    with reader(settings) as lake:
        few, _ = PersonSplit("trip", least_rows=1, most_rows=30).read(lake, table, late)
    assert sum(part.num_rows for part in few.values()) == 30
    assert all({*part["trip"].to_pylist()} <= people[name] for name, part in few.items())


def test_too_few_people_are_refused(settings):
    with reader(settings) as lake, pytest.raises(TrainingError, match="too few labels"):
        PersonSplit("trip", least_rows=50).read(lake, LABELS, START + 200 * DAY)
