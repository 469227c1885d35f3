"""The schedule as a Gymnasium environment: one fleet, one decision a step.

A step is one choice: a vessel that enters a hangar today, or none, which ends the day. So a day is
as many steps as vessels enter, and one more; only that one is paid. The mask holds what is
possible: vessels that are not away, and whose base has a free slot. Legal limits are kept by the
fleet itself, whatever a policy does: a vessel that has reached one is not used. Where such a
vessel, or one that failed, could enter a hangar, it must: "none" is masked out.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.parameters import Parameters, Roster
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing

UNIT = 1e5
"""USD of a reward of 1."""


class MaintenanceSchedule(gymnasium.Env[NDArray[np.float32], np.int64]):
    """One fleet that is scheduled day by day; see the module.

    Observation: float32 [vessel, feature], features as `NAMES` says.
    Action: 0 ends the day; n puts vessel n - 1 into its base's hangar.
    Reward: what the day earned, in `UNIT`; 0 for each step before.
    `info["action_mask"]`: int8 [vessels + 1], what may be done.

    Args:
        parameters: of the world.
        roster: of the fleet.
        days: of an episode.
    """

    def __init__(self, parameters: Parameters, roster: Roster, days: int = 365) -> None:
        self.parameters, self.roster, self.days = parameters, roster, days
        shape = (roster.count, len(NAMES))
        self.observation_space = spaces.Box(-np.inf, np.inf, shape, np.float32)
        self.action_space = spaces.Discrete(roster.count + 1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode on a day of the year that the seed draws."""
        super().reset(seed=seed)
        first = (int(self.np_random.integers(365)), int(self.np_random.integers(7)))
        luck = int(self.np_random.integers(2**31))
        self._fleets = Fleets(self.parameters, self.roster, 1, self.days, luck, first)
        self._chosen: list[int] = []
        return self._seen()

    def step(
        self, action: np.int64
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Choose a vessel, or end the day.

        Raises:
            ValueError: the action is masked out.
        """
        if not self._mask()[action]:
            raise ValueError(f"action {action} is masked out: see info['action_mask']")
        reward = 0.0
        if action > 0:
            self._chosen.append(int(action) - 1)
        else:
            reward = self._live()
        over = self._fleets.day >= self.days
        seen, info = self._seen()
        return seen, reward, False, over, info

    def _live(self) -> float:
        urgency = np.full((1, self.roster.count), np.nan)
        urgency[0, self._chosen] = 1.0
        told = self._fleets.live(urgency)
        self._chosen = []
        return float(told.earned(self.parameters, self.roster).sum()) / UNIT

    def _seen(self) -> tuple[NDArray[np.float32], dict[str, Any]]:
        return look(standing(self._fleets))[0], self._info()

    def _info(self) -> dict[str, Any]:
        return {"action_mask": self._mask().astype(np.int8)}

    def _mask(self) -> NDArray[np.bool_]:
        today = standing(self._fleets)
        taken = np.bincount(self.roster.base[self._chosen], minlength=len(self.roster.slots))
        open_base = (today.slots_left[0] - taken > 0)[self.roster.base]
        may = today.may_enter[0] & open_base
        may[self._chosen] = False
        forced = may & today.must_enter[0]
        must = bool(forced.any())
        return np.concatenate([[not must], forced if must else may])
