"""What the sensors of the vessels send: readings with noise, drift, gaps and spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.fleet.world.vessels import Fleet
from tambo.sources.fleet.world.wear import score, variance
from tambo.sources.sample.draws import Draws, Flags, Floats, Ints, ids

HOURS = (0, 6, 12, 18)
"""Hours of the day at which sensors read."""
SCORE_NOISE, VARIANCE_NOISE = 2.0, 0.22
DRIFT = 0.035
"""Standard deviation of the health score's drift a day; it starts anew with each maintenance."""
GAPS_A_YEAR, GAP_DAYS = 5.0, (1, 9)
SINGLE_SHARE, SPIKE_SHARE = 0.01, 0.002
DROPOUT, SPIKE = "dropout", "spike"


@dataclass(frozen=True)
class Fault:
    """One fault: the vessel, its kind, the first reading concerned, and how many."""

    vessel: int
    kind: str
    reading: int
    readings: int


@dataclass(frozen=True)
class Readings:
    """All readings of one vessel, in order; reading n is of day n // 4.

    Attributes:
        sent: which of them came at all.
        score: of health; not a number where that sensor did not read.
        variance: of temperatures, likewise.
        faults: what went wrong.
        drift: of the health score, without the noise.
    """

    sent: Flags
    score: Floats
    variance: Floats
    faults: tuple[Fault, ...]
    drift: Floats


def readings(draws: Draws, fleet: Fleet, vessel: int, wear: Floats, maintained: Ints) -> Readings:
    """Draw the readings of a vessel.

    Args:
        draws: the world's random numbers.
        fleet: of the world.
        vessel: number.
        wear: of each morning [day].
        maintained: days on which a maintenance of it began.
    """
    days, a_day = len(wear), len(HOURS)
    at = np.arange(days * a_day)
    of = ids(vessel, at)
    day = at // a_day
    drift = _drift(draws, vessel, days, maintained)[day]
    noise = SCORE_NOISE * draws.normal("reading/score", of)
    told = np.clip(score(wear)[day] + drift + noise, 0, 100)
    rough = np.exp(VARIANCE_NOISE * draws.normal("reading/variance", of))
    shaken = variance(wear)[day] * rough
    gaps = _gaps(draws, vessel, days)
    sent = draws.uniform("reading/single", of) >= SINGLE_SHARE
    faults = [Fault(vessel, DROPOUT, int(n), 1) for n in np.flatnonzero(~sent)]
    for first, length in gaps:
        sent[first : first + length] = False
        faults.append(Fault(vessel, DROPOUT, first, length))
    spiked = sent & (draws.uniform("reading/spike", of) < SPIKE_SHARE)
    told = np.where(spiked, np.where(draws.uniform("reading/way", of) < 0.5, 0.0, 100.0), told)
    shaken = np.where(spiked, shaken * 25, shaken)
    faults += [Fault(vessel, SPIKE, int(n), 1) for n in np.flatnonzero(spiked)]
    half = draws.uniform("reading/half", of)
    return Readings(
        sent=sent,
        score=np.where(half < 0.004, np.nan, np.round(told, 1)),
        variance=np.where(half > 0.996, np.nan, np.round(shaken, 2)),
        faults=tuple(sorted(faults, key=lambda one: one.reading)),
        drift=drift,
    )


def _drift(draws: Draws, vessel: int, days: int, maintained: Ints) -> Floats:
    """Drift of the score on each day: a straight line from one maintenance to the next."""
    starts = np.array([0, *maintained.tolist()])
    part = np.searchsorted(starts, np.arange(days), side="right") - 1
    slope = DRIFT * draws.normal("drift", ids(vessel, np.arange(len(starts))))
    return np.asarray(slope[part] * (np.arange(days) - starts[part]))


def _gaps(draws: Draws, vessel: int, days: int) -> list[tuple[int, int]]:
    """First reading and length of each gap of days."""
    number = round(GAPS_A_YEAR * days / 365)
    of = ids(vessel, np.arange(number))
    first = np.floor(draws.uniform("gap", of) * days).astype(np.int64) * len(HOURS)
    length = draws.whole("gap days", of, *GAP_DAYS) * len(HOURS)
    return list(zip(first.tolist(), length.tolist(), strict=True))
