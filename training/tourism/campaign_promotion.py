"""Whether a newly learned response serves: held against the one that does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tambo.errors import TamboError
from tambo.planning.tourism.learned import Learned
from training import registry
from training.promotion import Decision
from training.tourism.campaign_fit import Fit, Judged

if TYPE_CHECKING:
    from tambo.settings import Settings

RENEWS = 1.0
"""Log predictive density that a newer version may lack: it knows what is new."""


def decide(settings: Settings, name: str, learned: Learned, fit: Fit, judged: Judged) -> Decision:
    """Hold a new response against the champion's.

    The newest window of campaigns decides. The new response is judged as learned before it; the
    champion as it is, though it may have seen a part of them.

    Args:
        settings: the Tambo home.
        name: of the model.
        learned: the new version.
        fit: what it was learned from.
        judged: its held-out campaigns.
    """
    rival = registry.champion(settings, name)
    if rival is None:
        return Decision(True, "the first version")
    try:
        theirs = Learned.load(registry.serving_files(settings, rival))
        known = {pair: n for n, pair in enumerate(theirs.pairs)}
        order = [known[pair] for pair in learned.pairs]
    except TamboError as error:
        return Decision(True, f"version {rival.version} cannot be read: {error}", rival.version)
    except KeyError as error:
        reason = f"version {rival.version} does not know {error}"
        return Decision(True, reason, rival.version)
    if not judged.windows:
        return Decision(True, "there is no window of campaigns to compare on", rival.version)
    mine = judged.found[0].gain if learned.enough else 0.0
    score = fit.score(theirs.draws.take(order), judged.signals[0], judged.windows[0], seed=0)
    value = score.gain if theirs.enough else 0.0
    succeeds = mine > value - RENEWS
    relation = "above" if succeeds else "not above"
    return Decision(
        succeeds,
        f"log predictive density {mine:.2f} is {relation} {value:.2f} less {RENEWS:.0f}, as it "
        f"knows what is new, of version {rival.version} on {len(score.campaigns)} campaigns",
        rival.version,
    )
