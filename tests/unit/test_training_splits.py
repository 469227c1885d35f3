"""Random splits: halves of units, folds of groups."""

from __future__ import annotations

import numpy as np

from training.splits import group_folds, halves


def test_a_unit_is_never_in_both_halves():
    units = np.repeat(np.arange(400), 3)
    first = halves(units.tolist(), seed=7)
    assert all(len({*first[units == unit]}) == 1 for unit in range(400))
    assert 0.4 < first.mean() < 0.6


def test_halves_depend_on_the_seed_and_on_nothing_else():
    units = list(range(200))
    assert (halves(units, 1) == halves(units, 1)).all()
    assert (halves(units, 1) != halves(units, 2)).any()
    # A unit stays where it is, whoever else is there.
    assert (halves(units, 1)[:50] == halves(units[:50], 1)).all()


def test_each_group_is_held_out_exactly_once():
    groups = [f"group {number % 13}" for number in range(200)]
    folds = list(group_folds(groups, 5, seed=3))
    assert len(folds) == 5
    assert sorted(name for fold in folds for name in fold) == sorted(set(groups))


def test_fewer_groups_than_folds():
    folds = list(group_folds(["a", "b", "a"], 5, seed=0))
    assert sorted(map(sorted, folds)) == [["a"], ["b"]]
