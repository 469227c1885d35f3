"""Dated plans: slots and closed days are kept, today is the schedule's, and the law is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fleet_standing import standing
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fleet_truth import declared, roster
from tambo.planning.fleet.course import by, course, planned
from tambo.planning.fleet.dated import dated
from tambo.planning.fleet.expected import Expectation
from tambo.planning.fleet.look import AHEAD
from tambo.planning.fleet.moves import Moves
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.options import first_over
from tambo.planning.fleet.outlook import expected_bookings
from tambo.planning.fleet.policies import Interval, Threshold, Valued, run_to_failure
from tambo.planning.fleet.rolling import UNIT, plan_base
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.horizon import horizon_of
from training.fleet.schedule.morning import standing as morning

WORLD = declared()
HORIZON = replace(horizon_of(WORLD, roster(6, 1, 1)), days=12)
WORN = Valued(lambda seen: np.stack([np.zeros(seen.shape[:-1]), seen[..., 0] - 0.3], axis=-1))
"""It lets the worst enter first, as a network might."""
POLICIES = (run_to_failure, Threshold(70.0), Interval(0.6, 0.8), WORN)

fleets = st.builds(
    lambda seed, bases, slots: standing(np.random.default_rng(seed), roster(8, bases, slots)),
    st.integers(0, 2**31),
    st.integers(1, 2),
    st.integers(0, 2),
)


@settings(deadline=None, max_examples=25)
@given(today=fleets, policy=st.sampled_from(POLICIES), seed=st.integers(0, 2**31))
def test_slots_and_closed_days_are_kept_and_nobody_misses_a_limit_unsaid(today, policy, seed):
    allowed = np.random.default_rng(seed).random(HORIZON.days) < 0.7
    plan = course(by(policy), today, HORIZON, allowed)
    enters = plan.enters >= 0
    assert allowed[plan.enters[enters]].all()
    assert (plan.enters[enters] >= today.back_in[0][enters]).all()
    assert not today.hangar[0][enters].any()
    days = np.arange(HORIZON.days)
    inside = (days >= np.where(enters, plan.enters, 0)[:, None]) & (days < plan.back[:, None])
    before = (days < today.back_in[0][:, None]) & today.hangar[0][:, None]
    for slots, here in zip(today.roster.slots, today.roster.homes, strict=True):
        new = inside[here].sum(axis=0) - before[here].sum(axis=0)
        assert ((new <= 0) | (inside[here].sum(axis=0) <= slots)).all()
    named = {one.vessel for one in plan.missed}
    over = (plan.hours >= 1) | (plan.days > 1)
    # The figures of those that enter are of that morning: in time is in time.
    stuck = np.flatnonzero(over & ~enters & ~today.hangar[0])
    assert set(stuck.tolist()) <= named
    assert all(one.hindrance is not None for one in plan.missed)
    assert all(plan.enters[one.vessel] < 0 or plan.enters[one.vessel] > one.day
               for one in plan.missed)  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", range(6))
def test_today_is_what_the_schedule_says_of_today(policy, seed):
    lived = Fleets(WORLD, roster(9, 2, 1), 1, 60, seed)
    for _ in range(40):
        lived.live(Threshold(50.0)(morning(lived)))
    chosen = lived.chosen(policy(morning(lived)))[0]
    plan = course(by(policy), morning(lived), HORIZON)
    assert ((plan.enters == 0) == chosen).all()


def test_a_vessel_counts_as_absent_from_the_day_on_which_the_law_stops_it():
    """Until it has entered, and stayed; so the optimiser does not let that day come."""
    fleet, shape = roster(1, 1, 1), (1, 1)
    upkeep = WORLD.upkeep[0]
    nothing = np.zeros(shape)
    today = standing(
        np.random.default_rng(1), fleet, score=nothing + 95, hours=nothing, failed=nothing > 0,
        hangar=nothing > 0, back_in=nothing, days=nothing + 1 - 4.5 / upkeep.days_limit,
    )  # fmt: skip
    expectation = Expectation(today, HORIZON)
    (option,) = expectation.options
    assert option.still == 5
    days = np.arange(HORIZON.days)
    assert (expectation.absent(np.array([-1]))[0] == (days >= 5)).all()
    early, late = (expectation.absent(np.array([day]))[0] for day in (2, 8))
    assert (early == (days >= 2) & (days < 2 + option.stay)).all()
    assert (late == (days >= 5) & (days < 8 + option.stay)).all()
    assert 0 <= plan_base(today, 0, 0, HORIZON).enters[0] <= 5


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**31), other=st.integers(0, 2**31))
def test_plans_cost_what_the_optimiser_says(seed, other):
    today = standing(np.random.default_rng(seed), roster(6, 1, 6))
    expectation = Expectation(today, HORIZON)
    rng = np.random.default_rng(other)
    costs, fixed = [], []
    for _ in range(2):
        enters = rng.integers(-1, HORIZON.days, 6)
        late = np.array([one.earliest for one in expectation.options])
        enters = np.where((enters < 0) | (enters >= late), enters, -1)
        plan = plan_base(today, 0, 0, HORIZON, fixed=enters)
        assert plan.proven
        fixed.append(plan.cost)
        found = expectation.of(enters)
        costs.append(found.cost)
        assert found.downtime >= 0
    # Both work in whole units: of each vessel, and of each day and cell.
    off = UNIT * (6 + HORIZON.days * len(today.roster.cells))
    assert costs[1] - costs[0] == pytest.approx(fixed[1] - fixed[0], abs=off)


def test_the_optimiser_s_plan_is_its_own():
    today = standing(np.random.default_rng(3), roster(6, 1, 1), hours=np.full((1, 6), 0.3),
                     days=np.full((1, 6), 0.3))  # fmt: skip
    plan = dated(Optimiser(HORIZON), today, HORIZON)
    own = plan_base(today, 0, 0, HORIZON)
    assert (plan.enters == own.enters).all()
    assert plan.proven
    assert (plan.enters >= 0).any()
    short = dated(Optimiser(HORIZON), today, replace(HORIZON, days=2))
    assert (short.enters == np.where(own.enters < 2, own.enters, -1)).all()


def test_a_limit_that_comes_within_the_horizon_is_met_or_named():
    none = np.zeros((1, 2), bool)
    fields = {
        "failed": none,
        "hangar": none,
        "back_in": np.zeros((1, 2)),
        "score": np.full((1, 2), 99.0),
        "hours": np.array([[0.99, 0.1]]),
        "days": np.full((1, 2), 0.2),
    }
    rng = np.random.default_rng(0)
    met = course(by(run_to_failure), standing(rng, roster(2, 1, 1), **fields), HORIZON)
    assert met.missed == ()
    assert met.enters[0] > 0
    assert met.enters[1] == -1
    (missed,) = course(by(run_to_failure), standing(rng, roster(2, 1, 0), **fields), HORIZON).missed
    assert (missed.vessel, missed.limit) == (0, "hours_between_overhauls")
    assert (missed.day, missed.hindrance) == (met.enters[0], "no_slots")
    closed = np.arange(HORIZON.days) > met.enters[0] + 2
    late = course(by(run_to_failure), standing(rng, roster(2, 1, 1), **fields), HORIZON, closed)
    assert [one.hindrance for one in late.missed] == ["closed"]
    assert late.enters[0] == met.enters[0] + 3
    # The other one is planned for the day before, and stays longer than that.
    before = np.array([-1, met.enters[0] - 1])
    longer = replace(HORIZON, days=30)
    taken = course(planned(before), standing(rng, roster(2, 1, 1), **fields), longer)
    assert [one.hindrance for one in taken.missed] == ["taken"]
    assert taken.enters[0] == taken.back[1]


@settings(deadline=None, max_examples=25)
@given(today=fleets)
def test_the_morning_on_which_a_limit_is_reached_is_that_of_the_course(today):
    """Without slots nobody enters, so each limit that is reached is missed."""
    found = first_over(today, WORLD, HORIZON.days)
    shut = replace(today, roster=replace(today.roster, slots=0 * today.roster.slots))
    missed = course(by(run_to_failure), shut, HORIZON).missed
    first = {one.vessel: one.day for one in reversed(missed)}
    for vessel in np.flatnonzero(~today.hangar[0] & ~today.failed[0]).tolist():
        assert first.get(vessel, -1) == found[vessel]


def test_today_s_bookings_are_seen_and_more_come_until_then():
    today = standing(np.random.default_rng(5), roster(6, 1, 1))
    seen = expected_bookings(today, WORLD, 0, 30)
    assert seen[0] == pytest.approx(today.booked[0])
    none = replace(today, booked=np.zeros((1, 2, len(AHEAD))))
    later = expected_bookings(none, WORLD, 0, 30)
    assert (later[0] == 0).all()
    assert (later[5:] > 0).all()


@pytest.mark.parametrize("short", ["LARGEST", "LONGEST"])
def test_where_there_is_no_time_to_plan_a_base_the_rule_s_plan_is_told(monkeypatch, short):
    today = standing(np.random.default_rng(3), roster(6, 1, 1))
    monkeypatch.setattr(f"tambo.planning.fleet.dated.{short}", 0)
    plan = dated(Optimiser(HORIZON), today, HORIZON, rule=Threshold(70.0))
    assert not plan.proven
    assert (plan.enters == course(by(Threshold(70.0)), today, HORIZON).enters).all()


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**31), slots=st.integers(1, 2))
def test_an_alternative_that_is_possible_can_be_planned_at_what_it_costs(seed, slots):
    today = standing(np.random.default_rng(seed), roster(5, 1, slots))
    allowed = np.random.default_rng(seed).random(HORIZON.days) < 0.8
    plan, current = (course(by(one), today, HORIZON, allowed) for one in POLICIES[1:3])
    expectation = Expectation(today, HORIZON)
    moves = Moves(today, expectation, plan.enters, current.enters, allowed, WORLD)
    told = [(vessel, move) for vessel in range(5) for move in moves.of(vessel)]

    def planned_at(enters):
        return plan_base(today, 0, 0, HORIZON, allowed, fixed=enters)

    base = planned_at(plan.enters)
    assert base.proven
    off = UNIT * (5 + HORIZON.days * len(today.roster.cells))
    for vessel, move in told:
        other = plan.enters.copy()
        other[vessel] = move.day
        found = planned_at(other)
        assert found.proven == (move.hindrance is None)
        if found.proven:
            assert found.cost - base.cost == pytest.approx(move.more.cost, abs=off)
