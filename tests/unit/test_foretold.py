"""When is foretold, and that every table that is declared takes what is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tambo.sources.contracts import load
from training.foretelling import PREDICTED_AT
from training.foretold import all_foretold, month_begins

INSTANTS = st.datetimes(datetime(1999, 1, 1), datetime(2049, 12, 31))


@given(after=INSTANTS, until=INSTANTS)
def test_origins_are_the_first_instants_of_all_months_between(after: datetime, until: datetime):
    days = (after + timedelta(days=n + 1) for n in range((until - after).days + 1))
    begins = [datetime(one.year, one.month, one.day) for one in days if one.day == 1]
    assert month_begins(after, until) == [one for one in begins if one <= until]


def test_what_is_declared_has_a_table_of_our_own_making():
    assert all_foretold()
    for one in all_foretold():
        table = load(one.domain).tables[one.table]
        assert table.made_here
        assert {PREDICTED_AT, one.value, "estimator", "release"} < set(table.columns)
        # One answer of an origin for each that is asked about.
        assert PREDICTED_AT in table.key
        assert table.event_time == [PREDICTED_AT]
