"""A set of row numbers holds those that were put in, and no others."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tambo.featurestore.winners import Winners

NUMBERS = st.lists(st.integers(0, 999), max_size=50)


@given(st.lists(NUMBERS, max_size=4), NUMBERS)
def test_what_was_put_in_is_in(parts, asked):
    winners = Winners(1_000)
    for part in parts:
        winners.add(np.array(part, np.int64))
    expected = set().union(*parts)
    assert winners.among(np.array(asked, np.int64)).tolist() == [one in expected for one in asked]
