"""How the Q-network is trained: the parts that may be there or not, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    Attributes:
        double: the online network chooses, the target network values (van Hasselt et al. 2016).
        duelling: see `network.build`.
        prioritised: see `replay.Replay`.
        steps_ahead: days whose rewards are summed before the network's own value is trusted; a
            decision that the network would not have taken ends them (Watkins 1989).
        steps: days that the fleets live through.
        fleets: side by side.
        episode: days after which fleets begin anew.
        thresholds: share of the fleets that follow random thresholds of health, so that the network
            sees what it would not do.
        random: chance a vessel and day that it is decided otherwise.
        gamma: of the discount, a day.
        batch, updates: rows of an update, and updates a day.
        begin: rows that are there before the first update.
        capacity: rows that are kept.
        units: of the network.
        rate: of Adam at the begin; it falls along half a wave to a twentieth.
        follow: share by which the target network follows the online one at each update.
        settle: share by which the network that is judged follows it. Most days, entering today or
            tomorrow is worth nearly the same, so that decisions swing from update to update; those
            of a mean over many updates do not (Izmailov et al. 2018).
    """

    double: bool = False
    duelling: bool = False
    prioritised: bool = False
    steps_ahead: int = 1
    steps: int = 3000
    fleets: int = 32
    episode: int = 365
    thresholds: float = 0.5
    random: float = 0.001
    gamma: float = 0.995
    batch: int = 128
    updates: int = 2
    begin: int = 5000
    capacity: int = 40_000
    units: int = 64
    rate: float = 1e-3
    follow: float = 0.005
    settle: float = 0.0005


PLAIN = Recipe()

LEARNED = replace(PLAIN, steps_ahead=10)
"""What is trained where nothing else is said. Of the four parts, only looking ahead gained over ten
trainings: `python -m benchmarks.schedule --recipes --steps 2000`."""
