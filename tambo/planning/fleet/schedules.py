"""The schedules of one training as a file: what training writes and the service reads; JSON.

All of them travel together, so that an answer can be had by another than the best; the network's
graph lies beside, as every model's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tambo.errors import PlanError
from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.optimiser import Optimiser
from tambo.planning.fleet.options import Horizon
from tambo.planning.fleet.parameters import Demand, Floats, Parameters, Upkeep
from tambo.planning.fleet.policies import (
    Hours,
    Interval,
    Policy,
    Threshold,
    Valued,
    run_to_failure,
)

SCHEDULES_FILE = "schedules.json"
FORMAT = 2
RUN_TO_FAILURE, INTERVAL, HOURS, THRESHOLD = "run_to_failure", "interval", "hours", "threshold"
OPTIMISER, NETWORK = "optimiser", "network"
KINDS = (RUN_TO_FAILURE, INTERVAL, HOURS, THRESHOLD, OPTIMISER, NETWORK)
"""Names of all schedules that there may be."""

Value = Callable[[NDArray[np.float32]], Floats]


@dataclass(frozen=True)
class Earned:
    """What simulated fleets made of a year by one schedule, on average.

    Attributes:
        usd: revenue less all that was paid, of a fleet.
        low, high: ends of the interval of 95 % of it.
        maintenances, failures: of a fleet.
    """

    usd: float
    low: float
    high: float
    maintenances: float
    failures: float


@dataclass(frozen=True)
class Schedules:
    """All schedules of one training.

    Attributes:
        best: name of the one that serves.
        interval, hours, threshold: the rules, tuned.
        horizon: the estimated world, and what the optimiser runs on.
        kinds: names of the kinds of vessels, by their number.
        features: that the network reads.
        earned: by name of the schedule.
        tree: small decisions that do nearly what the network does, as lines.
        fidelity: share of mornings on which they do the same.
    """

    best: str
    interval: Interval
    hours: Hours
    threshold: Threshold
    horizon: Horizon
    kinds: tuple[str, ...]
    earned: Mapping[str, Earned]
    tree: str
    fidelity: float
    features: tuple[str, ...] = NAMES

    def policy(self, name: str, value: Value) -> Policy:
        """A schedule by its name.

        Args:
            name: one of `KINDS`.
            value: what the network answers.

        Raises:
            PlanError: there is none of that name.
        """
        found: Mapping[str, Policy] = {
            RUN_TO_FAILURE: run_to_failure,
            INTERVAL: self.interval,
            HOURS: self.hours,
            THRESHOLD: self.threshold,
            OPTIMISER: Optimiser(self.horizon),
            NETWORK: Valued(value),
        }
        if name not in found:
            raise PlanError(f"There is no schedule {name!r}.", remedy=f"one of {', '.join(found)}")
        return found[name]

    def save(self, folder: Path) -> None:
        """Write it into a folder, always the same bytes for the same content."""
        told = {"format": FORMAT, **asdict(self)}
        told["horizon"]["grid"] = self.horizon.grid.tolist()
        told["horizon"]["value"] = self.horizon.value.tolist()
        for upkeep in told["horizon"]["parameters"]["upkeep"]:
            # JSON has no infinity: a kind without a limit has null.
            for name in ("hours_limit", "days_limit"):
                upkeep[name] = upkeep[name] if math.isfinite(upkeep[name]) else None
        text = json.dumps(told, indent=2, allow_nan=False)
        (folder / SCHEDULES_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read it from a folder.

        Raises:
            PlanError: it is missing, damaged, or of another version.
        """
        path = folder / SCHEDULES_FILE
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if told.pop("format") != FORMAT or tuple(told["features"]) != NAMES:
                raise PlanError(
                    f"{path} was made by another version of Tambo.",
                    remedy="tambo train maintenance_schedule, and bundle it again",
                )
            return cls._of(told)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PlanError(
                f"{path}: no schedules: {error}",
                remedy="tambo train maintenance_schedule, and bundle it again",
            ) from error

    @classmethod
    def _of(cls, told: dict[str, Any]) -> Self:
        horizon = told["horizon"]
        return cls(
            best=told["best"],
            interval=Interval(**told["interval"]),
            hours=Hours(**told["hours"]),
            threshold=Threshold(**told["threshold"]),
            horizon=Horizon(
                parameters=_parameters(horizon["parameters"]),
                grid=np.array(horizon["grid"]),
                value=np.array(horizon["value"]),
                slot_day=horizon["slot_day"],
                days=horizon["days"],
                gamma=horizon["gamma"],
            ),
            kinds=tuple(told["kinds"]),
            earned={name: Earned(**one) for name, one in told["earned"].items()},
            tree=told["tree"],
            fidelity=told["fidelity"],
            features=tuple(told["features"]),
        )


def _parameters(told: dict[str, Any]) -> Parameters:
    upkeep = tuple(
        Upkeep(
            **{
                **one,
                "hours_limit": _limit(one["hours_limit"]),
                "days_limit": _limit(one["days_limit"]),
                "left": tuple(one["left"]),
            }
        )
        for one in told["upkeep"]
    )
    demand = tuple(
        Demand(**{**one, "weekday": tuple(one["weekday"]), "season": tuple(one["season"])})
        for one in told["demand"]
    )
    return Parameters(**{**told, "upkeep": upkeep, "demand": demand})


def _limit(told: float | None) -> float:
    return math.inf if told is None else told
