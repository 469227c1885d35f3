"""Retrieval without entity rows: every key at each instant at which what it is served changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from asof_oracle import expect as joined
from asof_oracle import served
from rates_lake import START, TTL, apply_rates, make_rates, rates_store

from tambo.errors import FeatureError
from tambo.settings import Settings

FIRST, LAST = START + timedelta(microseconds=2), START + timedelta(microseconds=9)
REFS = ["forever:rate", "forever:y", "short:rate", "short:y"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("range") / "home")
    rows = make_rates(settings)
    apply_rates(settings)
    return settings, rows


def expect(rows, *, as_known_at):
    """Every key and instant of the range at which a row begins to be served, with its cells."""
    found = []
    for number, name in {row[:2] for row in rows if None not in row[:2]}:
        of_key = [row for row in rows if row[:2] == (number, name) and row[2] is not None]
        starts = {max(row[2], row[3] or row[2]) if as_known_at else row[2] for row in of_key}
        for t in starts:
            mode = {"as_known_at": as_known_at}
            row, _ = served(of_key, (number, name, t), None, **mode)
            began = max(row[2], row[3] or row[2]) if as_known_at else row[2]
            if FIRST <= t <= LAST and began == t:
                entity = (number, name, t)
                cells = [joined(of_key, [entity], ttl, **mode)[0] for ttl in (None, TTL)]
                found.append((t, number, name, *cells))
    return sorted(found)


@pytest.mark.parametrize("as_known_at", [True, False])
def test_each_change_in_the_range_is_one_row(home, as_known_at):
    settings, rows = home
    store = rates_store(settings)
    store.config.offline_store.as_known_at = as_known_at
    job = store.get_historical_features(
        features=REFS, start_date=FIRST, end_date=LAST, full_feature_names=True
    )
    table = job.to_arrow()
    assert table.column_names[:3] == ["event_timestamp", "number", "name"]
    got = [
        (
            row["event_timestamp"].replace(tzinfo=None),
            row["number"],
            row["name"],
            (repr(row["forever__rate"]), repr(row["forever__y"])),
            (repr(row["short__rate"]), repr(row["short__y"])),
        )
        for row in table.to_pylist()
    ]
    assert got == expect(rows, as_known_at=as_known_at)
    assert len(got) > 20
    assert job.metadata.min_event_timestamp >= FIRST.replace(tzinfo=UTC)
    assert job.metadata.keys == ["number", "name"]


def test_the_range_may_be_in_any_zone_and_both_ends_count(home):
    settings, _ = home
    store = rates_store(settings)
    lima = pd.Timestamp(LAST, tz="UTC").tz_convert("America/Lima").to_pydatetime()
    ask = {"features": ["forever:rate"], "start_date": FIRST.replace(tzinfo=UTC)}
    one = store.get_historical_features(end_date=lima, **ask).to_arrow()
    other = store.get_historical_features(end_date=LAST, **ask).to_arrow()
    assert one.equals(other)
    last = one.column("event_timestamp").to_pylist()[-1]
    assert last.replace(tzinfo=None) == LAST


def test_keys_that_a_view_does_not_have_are_null(home):
    settings, _ = home
    ask = {"features": ["late:seen", "pairs:label", "fuel:price"]}
    start, end = datetime(2024, 1, 1), datetime(2024, 1, 31)
    table = rates_store(settings).get_historical_features(start_date=start, end_date=end, **ask)
    assert [
        tuple(row[name] for name in ("number", "a", "b", "seen", "label", "price"))
        for row in table.to_arrow().to_pylist()
    ] == [
        (None, 1, 11, None, "one-eleven", None),
        (None, 11, 1, None, "eleven-one", None),
        # Known on the 20th; the price of the 9th is a view without entity, joined by time.
        (1, None, None, 1, None, 8.5),
    ]


def test_a_view_without_entity_alone_gives_its_own_instants(home):
    settings, _ = home
    table = rates_store(settings).get_historical_features(
        features=["fuel:price"], start_date=datetime(2024, 1, 5), end_date=datetime(2024, 1, 8)
    )
    assert table.to_arrow().column("price").to_pylist() == [7.5]


def test_a_range_that_ends_before_it_starts_is_refused(home):
    settings, _ = home
    with pytest.raises(FeatureError, match="and ends before it"):
        rates_store(settings).get_historical_features(
            features=["fuel:price"], start_date=LAST, end_date=FIRST
        )
