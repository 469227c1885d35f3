"""Trips and vessels: plans keep to hangars, to the law and to time, and none is worth more."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tambo.planning.fleet.alternatives import Plan, alternative
from tambo.planning.fleet.assignment import assign, worth
from tambo.planning.fleet.trips import Stay, Trip, Vessel, is_flyable
from tambo.planning.fleet.usage import lapses, usage

NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
END = NOW + timedelta(days=10)
NAMES = ("V1", "V2", "V3")
BASES, KINDS = ("Lima", "Lima", "Lima", "Cusco"), ("Yacht", "Yacht", "Yacht", "Private Jet")
"""Most are alike, so that vessels and trips meet."""
CHANCES = (0.0, 0.05, 0.3, 0.9)


def after(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@st.composite
def trips(draw, most: int) -> list[Trip]:
    made = []
    for number in range(draw(st.integers(1, most))):
        departs = draw(st.integers(0, 200))
        hours = draw(st.integers(1, 30))
        made.append(
            Trip(
                booking_id=f"B{number}",
                kind=draw(st.sampled_from([*KINDS, None])),
                base=draw(st.sampled_from(BASES)),
                departs=after(departs),
                returns=after(departs + hours + draw(st.integers(0, 20))),
                hours=hours,
                revenue=draw(st.integers(0, 5)) * 1_000,
                priority=draw(st.integers(1, 2)),
                promised=draw(st.sampled_from([*[None] * 6, *NAMES])),
            )
        )
    return made


@st.composite
def vessel(draw, name: str) -> Vessel:
    at = sorted(draw(st.lists(st.integers(0, 220), max_size=4, unique=True)))
    stays = [Stay(after(a), after(b)) for a, b in pairwise(at)][::2]
    return Vessel(
        name=name,
        kind=draw(st.sampled_from([*KINDS, *KINDS, None])),
        base=draw(st.sampled_from([*BASES, *BASES, None])),
        stays=tuple(stays),
        hours_left=draw(st.sampled_from([None, -3, 10, 20, 40])),
        hours_limit=draw(st.sampled_from([None, 20, 60])),
        legal_until=draw(st.sampled_from([None, None, after(-5), after(60), after(300)])),
        days_limit=draw(st.sampled_from([None, 3, 30])),
        away_until=draw(st.sampled_from([None, None, after(40)])),
        failed=draw(st.sampled_from([False, False, True])),
    )


fleets = st.tuples(*(vessel(name) for name in NAMES))
chances = st.fixed_dictionaries({name: st.sampled_from(CHANCES) for name in NAMES})


def flies(given, fleet, vessel_of) -> dict[str, list[Trip]]:
    return {
        one.name: [trip for trip in given if vessel_of.get(trip.booking_id) == one.name]
        for one in fleet
    }


def keeps_the_rules(vessel: Vessel, flown: list[Trip]) -> bool:
    """The rules told once more, span by span between the stays."""
    ordered = sorted(flown, key=lambda one: one.departs)
    back = [vessel.away_until or NOW, *(one.returns for one in ordered)]
    if any(one.departs < free for one, free in zip(ordered, back, strict=False)):
        return False
    edges = [NOW - timedelta(days=999), *(stay.ends for stay in vessel.stays), None]
    for at, (begin, end) in enumerate(pairwise(edges)):
        inside = [one for one in flown if one.departs >= begin and (not end or one.departs < end)]
        renewed = at > 0
        hours = vessel.hours_limit if renewed else vessel.hours_left
        hours = 0 if vessel.failed and not renewed else hours
        if inside and hours is not None and sum(one.hours for one in inside) > max(0, hours):
            return False
        until = vessel.legal_until
        if renewed:
            days = vessel.days_limit
            until = None if days is None else begin + timedelta(days=days)
        if until is not None and any(one.returns > until for one in inside):
            return False
        # The next stay has not begun before all of them are back.
        if at < len(vessel.stays):
            first = vessel.stays[at].begins
            if any(one.returns > first for one in inside):
                return False
    return all(
        of_its_kind(vessel, one) and one.base == vessel.base and one.promised in (None, vessel.name)
        for one in flown
    )


def of_its_kind(vessel: Vessel, trip: Trip) -> bool:
    return vessel.kind in KINDS if trip.kind is None else vessel.kind == trip.kind


def three_trips() -> list[Trip]:
    """Worth 500,001 cents together, which the solver tells as 500,000.9999999999."""
    kind, base = KINDS[0], BASES[0]
    told = ((1, 2_000, 2), (0, 0, 1), (1, 1_000, 1))
    return [
        Trip(f"B{at}", kind, base, after(hour), after(hour + 1), 1, revenue, priority)
        for at, (hour, revenue, priority) in enumerate(told)
    ]


FREE = tuple(Vessel(name, KINDS[0], BASES[0], (), None, None, None, None) for name in NAMES)


@given(trips(8), fleets, chances)
@example(three_trips(), FREE, dict.fromkeys(NAMES, 0.0))
@settings(max_examples=250)
def test_no_vessel_is_twice_away_in_its_hangar_or_beyond_the_law(given, fleet, chances) -> None:
    found = assign(given, fleet, lambda one, _: chances[one.name])
    assert found.proven
    flown = flies(given, fleet, found.vessel_of)
    for one in fleet:
        assert keeps_the_rules(one, flown[one.name])
        used = usage(one, flown[one.name], NOW, END)
        assert 0 <= used.away <= 1
        assert used.away + used.in_hangar <= 1 + 1e-9
        assert used.hours_left is None or used.hours_left >= 0
    again = assign(given, fleet, lambda one, _: chances[one.name])
    assert again == found


def test_trips_that_all_want_the_same_hours_are_answered_in_time() -> None:
    """A thousand for two vessels, of which the solver proves nothing, however long it searches."""
    kind, base = KINDS[0], BASES[0]
    places = ((at, at % 28 * 24 + at % 16) for at in range(1_000))
    crowd = [
        Trip(f"B{at}", kind, base, after(hour), after(hour + 3.5), 3.5, 1_000 + at)
        for at, hour in places
    ]
    two = [replace(one, hours_left=200.0, hours_limit=400.0) for one in FREE[:2]]
    began = time.monotonic()
    found = assign(crowd, two, lambda *_: 0.0, longest=0.5)
    assert time.monotonic() - began < 10, "without a limit in true time it takes a minute"
    assert not found.proven
    flown = flies(crowd, two, found.vessel_of)
    assert all(flown[one.name] and keeps_the_rules(one, flown[one.name]) for one in two)


@given(trips(8), fleets, chances)
def test_where_there_is_no_time_a_plan_still_flies_what_it_can(given, fleet, chances) -> None:
    found = assign(given, fleet, lambda one, _: chances[one.name], time=0.0)
    flown = flies(given, fleet, found.vessel_of)
    for one in fleet:
        assert keeps_the_rules(one, flown[one.name])
    idle = [one for one in given if one.booking_id not in found.vessel_of]
    for trip, one in product(idle, fleet):
        assert not keeps_the_rules(one, [*flown[one.name], trip])


@given(trips(5), fleets, chances, st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=120)
def test_no_plan_is_worth_more(given, fleet, chances, penalty) -> None:
    def total(vessel_of) -> int:
        return sum(
            worth(one, chances[vessel_of[one.booking_id]], penalty)
            for one in given
            if vessel_of.get(one.booking_id)
        )

    def all_plans():
        for chosen in product([None, *NAMES], repeat=len(given)):
            plan = {one.booking_id: name for one, name in zip(given, chosen, strict=True)}
            flown = flies(given, fleet, plan)
            if all(keeps_the_rules(one, flown[one.name]) for one in fleet):
                yield total(plan)

    found = assign(given, fleet, lambda one, _: chances[one.name], penalty)
    assert total(found.vessel_of) == max(all_plans())


@given(trips(6), fleets, chances, st.sampled_from([None, 0.0, 2.0]))
@settings(max_examples=250)
def test_what_is_offered_instead_can_be_flown(given, fleet, chances, ferry) -> None:
    found = assign(given, fleet, lambda one, _: chances[one.name])
    flown = flies(given, fleet, found.vessel_of)
    plan = Plan(
        vessels=fleet,
        flies=flown,
        slots={"Lima": 1},
        chance=lambda one, _: chances[one.name],
        least_chance=0.2,
        now=NOW,
        ferry_hours=ferry,
    )
    known = {one.name: one for one in fleet}
    for trip in given:
        own = found.vessel_of.get(trip.booking_id)
        offered = alternative(trip, own, plan)
        if offered.kind == "none":
            assert offered.aircraft_id is None
            continue
        one = known[offered.aircraft_id]
        assert of_its_kind(one, trip)
        assert chances[one.name] < 0.2
        others = [other for other in flown[one.name] if other.booking_id != trip.booking_id]
        if offered.kind == "shift":
            assert offered.days
            assert not is_flyable(one, [*others, trip]) or one.name == own
        else:
            assert one.name != own
            assert is_flyable(one, [*others, trip])
            assert (one.base == trip.base) == (offered.kind == "vessel")


@given(vessel("V1"))
@example(Vessel("V1", "Yacht", "Lima", (), 0.0, 400.0, after(30), 300.0))
def test_a_limit_that_lapses_leaves_nothing_to_fly_until_the_next_stay(one) -> None:
    for lapse in lapses(one, NOW, END):
        ahead = [stay.begins for stay in one.stays if stay.begins >= lapse.since]
        first = min([END, *ahead])
        late = first - timedelta(minutes=1)
        if late < lapse.since:
            continue
        trip = Trip("B", "Yacht", "Lima", late, first, 1 / 60, 1.0)
        assert not is_flyable(one, [trip])
