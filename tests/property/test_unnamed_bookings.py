"""Bookings that name no kind of vessel go to the kinds of their base, in proportion."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tambo.planning.fleet.roster import Roster
from training.fleet.schedule.history import UNNAMED, named

vessels = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), min_size=1, max_size=12)
asked = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([UNNAMED, UNNAMED, 0, 1])))


@given(vessels, asked)
def test_each_kind_gets_its_share_and_named_ones_stay(fleet, trips):
    kind, base = (np.array(column, np.int64) for column in zip(*fleet, strict=True))
    roster = Roster(kind, base, np.ones(3, np.int64))
    trips = [one for one in trips if one[0] in set(base.tolist())]
    at, told = (np.array([one[n] for one in trips], np.int64) for n in (0, 1))
    found = named(at, told, roster)
    assert (found[told != UNNAMED] == told[told != UNNAMED]).all()
    for place, number in zip(*np.unique(at[told == UNNAMED], return_counts=True), strict=True):
        here = np.bincount(kind[base == place], minlength=2)
        got = np.bincount(found[(told == UNNAMED) & (at == place)], minlength=2)
        assert got.sum() == number
        assert (np.abs(got - number * here / here.sum()) < 1).all()
