"""As_of by domain comes back from wherever it is written, whatever the zone and the order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from tambo.as_of import AsOf
from tambo.featurestore.online.state import StoreState

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
ZONES = st.one_of(
    st.none(),
    st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
INSTANTS = st.datetimes(datetime(1900, 1, 3), datetime(2400, 1, 1), timezones=ZONES)


@given(st.dictionaries(NAMES, INSTANTS, max_size=4))
def test_it_comes_back_as_it_was_written(found: dict[str, datetime]) -> None:
    as_of = AsOf(found)
    assert AsOf.parse(as_of.dump()) == as_of == AsOf(dict(reversed(found.items())))
    assert StoreState.parse(StoreState(3, as_of).dump()) == StoreState(3, as_of)
    for domain, at in found.items():
        wanted = at if at.tzinfo else at.replace(tzinfo=UTC)
        assert as_of.aware(domain) == wanted
        assert as_of.of(domain) == wanted.astimezone(UTC).replace(tzinfo=None)
