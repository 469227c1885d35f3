"""Whether new schedules serve: held against those that do, in the world as it is known now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tambo.errors import TamboError
from tambo.planning.fleet.policies import Policy
from tambo.planning.fleet.schedules import OPTIMISER, Schedules
from training import registry
from training.fleet.schedule.comparing import gain, live
from training.fleet.schedule.gate import faulty
from training.fleet.schedule.graph import valued
from training.promotion import Decision

if TYPE_CHECKING:
    from tambo.settings import Settings
    from training.fleet.schedule.fitted import Fitted
    from training.registry import ModelVersion


def decide(settings: Settings, name: str, fitted: Fitted) -> Decision:
    """Hold new schedules against the champion's, on the same test fleets of the same world.

    A version whose graph is not its network does not serve. Else it takes the champion's place if
    fleets earn no less by it on average. An equal does: most often it has the same rule, and it
    carries the newer world, in which plans are costed. One that earns less, be it by little, does
    not, or versions could drift down step by step. A champion that cannot decide for these fleets
    any more (its files or features are others, or it knows other kinds of vessels) gives way. Where
    either serves the optimiser, the few fleets that it is judged on decide.

    Args:
        settings: the Tambo home.
        name: of the model.
        fitted: the new version.
    """
    rival = registry.champion(settings, name)
    number = None if rival is None else rival.version
    if (wrong := faulty(fitted.verdict)) is not None:
        reason = f"its graph answers {wrong.value:.2g} beside the network, at most {wrong.limit:g}"
        return Decision(False, reason, number)
    if rival is None:
        return Decision(True, "the first version")
    try:
        theirs = _serving(settings, rival, fitted)
    except TamboError as error:
        return Decision(True, f"version {rival.version} cannot be judged: {error}", rival.version)
    if theirs is None:
        reason = f"version {rival.version} does not know the same kinds of vessels"
        return Decision(True, reason, rival.version)
    best = fitted.schedules.best
    if OPTIMISER not in (best, theirs.name):
        mine, other = fitted.judged[best], live(theirs.policy, fitted.tests.again())
    elif fitted.few is not None:
        mine, other = fitted.few.judged[best], fitted.few.judging.by(theirs.policy)
    else:
        reason = (
            f"version {rival.version} serves the optimiser, which is not judged: "
            "TAMBO_SCHEDULE_OPTIMISED_FLEETS is 0"
        )
        return Decision(True, reason, rival.version)
    more = gain(mine, other)
    return Decision(
        more.mean >= 0,
        f"{best} earns {more.mean:+.2%} ({more.low:+.2%} to {more.high:+.2%}) against what "
        f"version {rival.version} does on the same {len(mine.earned)} fleets",
        rival.version,
    )


@dataclass(frozen=True)
class _Serving:
    """What a champion does."""

    name: str
    policy: Policy


def _serving(settings: Settings, rival: ModelVersion, fitted: Fitted) -> _Serving | None:
    """What the champion does; None where it knows other kinds of vessels."""
    folder = registry.serving_files(settings, rival)
    schedules = Schedules.read(folder)
    if schedules.kinds != fitted.schedules.kinds:
        return None
    _, model = registry.load_serving(settings, rival)
    return _Serving(schedules.best, schedules.policy(schedules.best, valued(model)))
