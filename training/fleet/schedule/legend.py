"""What a person reads for the features of a schedule: a name, a unit, and figures to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tambo.planning.fleet.look import AHEAD, HANGAR_DAYS

Shown = Callable[[float], float]


@dataclass(frozen=True)
class Feature:
    """How a feature is told.

    Attributes:
        name: in words.
        unit: of the figure that is shown.
        means: what it is.
        shown: the feature's value as that figure.
        falls: whether the figure falls where the feature rises.
    """

    name: str
    unit: str
    means: str
    shown: Shown
    falls: bool = False

    def sides(self, at: float) -> tuple[str, str]:
        """Both sides of a split in words: the feature is at most `at`, and it is more."""
        figure = f"{self.shown(at):.4g} {self.unit}".replace(" %", "%").rstrip()
        signs = (">=", "<") if self.falls else ("<=", ">")
        return f"{self.name} {signs[0]} {figure}", f"{self.name} {signs[1]} {figure}"


def _score(value: float) -> float:
    return float(100 * np.exp(-value))


def _percent(value: float) -> float:
    return 100 * value


def _same(value: float) -> float:
    return value


def _days(value: float) -> float:
    return HANGAR_DAYS * value


_CELL = "vessels of its kind and base, which can stand in for it"
FEATURES: dict[str, Feature] = {
    "health": Feature("health score", "", "as sensors show it, 100 is new", _score, falls=True),
    "hours": Feature("hours", "%", "flown or run since maintenance, of the legal hours", _percent),
    "days": Feature("days", "%", "since maintenance, of the legal days", _percent),
    "failed": Feature("has failed", "", "1: yes", _same),
    "kind": Feature("kind", "", "number of the kind of vessel", _same),
    "in_hangar": Feature("in the hangar", "", "1: yes", _same),
    "away": Feature("away", "", "1: on a trip", _same),
    "free_slots": Feature("free slots", "%", "of the slots of its base", _percent),
    "waiting": Feature(
        "waiting", "a slot", "failed vessels of its base that wait, for each slot", _same
    ),
    "hangar_days": Feature(
        "hangar taken", "days", "until those inside are out, a mean over the base's slots", _days
    ),
    "worse_vessels": Feature(
        "worse vessels", "a slot", "of its base with a lower score, for each slot", _same
    ),
    "ready_vessels": Feature("ready vessels", "%", f"of the {_CELL}", _percent),
    "fresher_vessels": Feature("fresher vessels", "%", f"with fewer hours, of the {_CELL}",
                               _percent),
    "hours_of_cell": Feature(
        "hours of the cell", "%", f"of the legal hours, a mean of the ready {_CELL}", _percent
    ),
    "health_of_cell": Feature(
        "score of the cell", "", f"a geometric mean of the ready {_CELL}", _score, falls=True
    ),
    **{
        f"booked_{first}_{last}": Feature(
            f"booked {first} to {last} days ahead",
            "%",
            "revenue, of what the kind is asked for on an average day",
            _percent,
        )
        for first, last in AHEAD
    },
    "season": Feature(
        "season", "%", "demand expected of the days ahead, of the average", _percent
    ),
    "weekday_sin": Feature("sine of the weekday", "", "a turn a week, 0 on Monday", _same),
    "weekday_cos": Feature("cosine of the weekday", "", "a turn a week, 1 on Monday", _same),
    "slots_a_vessel": Feature("slots", "a vessel", "of its base", _same),
}  # fmt: skip
"""By the names of `look.NAMES`; a cell is the vessels of one kind at one base."""


def legend(names: Sequence[str]) -> list[list[str]]:
    """Name, unit and meaning of some features, each once, in the order of `FEATURES`."""
    return [[one.name, one.unit, one.means] for name, one in FEATURES.items() if name in set(names)]
