"""What is logged of a campaign uplift version: the artefact, reports and plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from tambo.planning.tourism.learned import Learned
from tambo.serving.version import VERSION_FILE, ServedVersion
from training import plots
from training.gate import Verdict
from training.record import write_reports
from training.registry import SERVING
from training.tourism.campaign_heldout import HeldOut

if TYPE_CHECKING:
    from tambo.featurestore.certificate import Certificate

RESPONSE, NO_EFFECT = "response", "no_effect"


def write_version(
    folder: Path,
    version: ServedVersion,
    learned: Learned,
    verdict: Verdict,
    found: HeldOut,
    metrics: Mapping[str, float],
    certificate: Certificate,
) -> None:
    """Write what is logged of a version.

    Args:
        folder: an empty one.
        version: what it says of itself.
        learned: the response that serves.
        verdict: of the gate.
        found: the held-out campaigns.
        metrics: of the held-out campaigns.
        certificate: of the features.
    """
    for name in (SERVING, "reports", "plots"):
        (folder / name).mkdir()
    learned.save(folder / SERVING)
    version.save(folder / SERVING / VERSION_FILE)
    write_reports(
        folder / "reports",
        {
            "certificate": certificate.to_dict(),
            "gate": verdict.to_dict(),
            "metrics": {
                RESPONSE: dict(metrics),
                "mean_effect": _rival(metrics, "mean_effect"),
                NO_EFFECT: {"gain": 0.0, **_rival(metrics, NO_EFFECT)},
            },
            "importance": {},
            "held_out": [asdict(one) for one in found.campaigns],
            "evidence": [asdict(one) for one in learned.evidence],
        },
    )
    plots.bars(
        folder / "plots" / "uplift_by_market.png",
        {one.market: one.uplift for one in learned.evidence},
        "Visitors added in a usual campaign week, without pooling",
        "share of the visitors",
    )


def _rival(metrics: Mapping[str, float], name: str) -> dict[str, float]:
    """Metrics of a rival, which carry its name."""
    return {
        key.removeprefix(f"{name}_"): value
        for key, value in metrics.items()
        if key.startswith(f"{name}_")
    }
