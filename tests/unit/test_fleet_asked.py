"""What a question about a fleet leaves out is said."""

from __future__ import annotations

from bentos.fleet.asked import beyond


def test_who_is_left_out_of_a_large_fleet_is_said():
    fleet = ("OB-1", "OB-2", "OB-3")
    assert beyond(None, fleet, 3) == []
    assert beyond(["OB-1"], fleet, 2) == []
    (said,) = beyond(None, fleet, 2)
    assert said.startswith("only the first 2 of 3 vessels")
