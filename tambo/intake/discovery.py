"""Finds the intakes of every domain: `tambo/intake/<domain>.py` lists its own."""

from __future__ import annotations

from tambo.domains import slices
from tambo.intake.received import Intake


def all_intakes() -> list[Intake]:
    """Intakes of all domains, in their order."""
    return [one for module in slices("tambo.intake").values() for one in module.INTAKES]
