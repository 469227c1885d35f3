"""No leakage: what became known later changes no feature of an earlier training row."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
import training_home
import ungated

from tambo.lake import reader, releases
from tambo.settings import Settings
from training.frame import Frame, build_frame
from training.travel.flight_price import MODEL

pytestmark = pytest.mark.slow

CHANGED_FROM = "2025-07"
KEY = ("travel_code", "origin", "destination")


def raise_later_prices(source: Path, folder: Path) -> None:
    """Copy a world; every fare booked from July on costs half as much again."""
    folder.mkdir()
    for path in source.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name.startswith("flights_"):
            text = "".join(_raised(line) for line in text.splitlines(keepends=True))
        (folder / path.name).write_text(text, encoding="utf-8")


def _raised(line: str) -> str:
    fields = next(csv.reader([line]), [])
    if len(fields) != 12 or not fields[10][:7] >= CHANGED_FROM or not fields[5][:1].isdigit():
        return line
    try:
        price = float(fields[5])
    except ValueError:
        return line
    return line.replace(f",{fields[5]},", f",{price * 1.5:.2f},", 1)


@pytest.fixture(scope="module")
def homes(tmp_path_factory) -> tuple[Settings, Settings]:
    """Two homes whose raw files differ only in fares booked from July on."""
    small = training_home.small(tmp_path_factory)
    folder = tmp_path_factory.mktemp("leakage")
    raise_later_prices(small.home.parent / "raw", folder / "raw")
    changed = Settings(home=folder / "home")
    ungated.road(changed, folder / "raw")
    return small, changed


@pytest.fixture(scope="module")
def frames(homes) -> tuple[Frame, Frame]:
    first, second = (build_frame(one, MODEL, releases.get(one, None)) for one in homes)
    return first, second


def rows(frame: Frame) -> pa.Table:
    table = pa.concat_tables(list(frame.parts.values()))
    return table.sort_by([(name, "ascending") for name in KEY])


def features(table: pa.Table) -> pa.Table:
    return table.select([name for name in table.column_names if "__" in name])


def first_arrival(settings: Settings) -> datetime:
    """When the first fare that was changed became known."""
    with reader(settings) as lake:
        (found,) = lake.execute(
            "SELECT min(_known_at) FROM lake.raw.flights "
            f"WHERE booked_at >= TIMESTAMP '{CHANGED_FROM}-01 03:00:00'"
        ).fetchone()
    return found


def test_features_of_rows_before_the_change_was_known_are_the_same(homes, frames):
    known = first_arrival(homes[0])
    first, second = (rows(frame) for frame in frames)
    assert first.select(KEY).equals(second.select(KEY))
    before = pa.compute.less_equal(first["event_timestamp"], pa.scalar(known))
    assert features(first.filter(before)).equals(features(second.filter(before)))
    # Their number is worth the test, and later rows do see the change.
    assert sum(before.to_pylist()) > 200
    after = pa.compute.invert(before)
    assert not features(first.filter(after)).equals(features(second.filter(after)))


def test_a_changed_trip_does_not_see_itself(homes, frames):
    """Booked from July on, before any changed fare was known: label changed, features did not."""
    known = first_arrival(homes[0])
    first, second = (rows(frame) for frame in frames)
    start = pa.scalar(datetime(2025, 7, 1, 3))
    own = pa.compute.and_(
        pa.compute.greater_equal(first["event_timestamp"], start),
        pa.compute.less_equal(first["event_timestamp"], pa.scalar(known)),
    )
    mine, theirs = first.filter(own), second.filter(own)
    assert mine.num_rows > 0
    ratio = pa.compute.divide(theirs["price"], mine["price"]).to_pylist()
    assert ratio == pytest.approx([1.5] * mine.num_rows, rel=1e-3)
    assert features(mine).equals(features(theirs))


def test_labels_known_by_the_end_of_training_are_the_same(homes, frames):
    """Training that ended before the change was known has the same labels."""
    known = first_arrival(homes[0])
    first, second = frames
    assert first.bounds == second.bounds
    train = [frame.parts["train"] for frame in frames]
    assert train[0].select(KEY).equals(train[1].select(KEY))
    early = pa.compute.less(train[0]["created_timestamp"], pa.scalar(known))
    assert train[0].filter(early)["price"].equals(train[1].filter(early)["price"])
    assert max(train[0]["created_timestamp"].to_pylist()) <= first.bounds.calibration_start
