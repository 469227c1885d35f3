"""Which vessels a question about a fleet is about, and of which of them something is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bentos.inference.requests import refuse
from tambo.serving.problem import field_error

Row = TypeVar("Row")


@dataclass(frozen=True)
class AskedVessel:
    """One vessel of a fleet."""

    asked_at: datetime | None
    aircraft_id: str


def stored_vessels(
    named: Sequence[str] | None,
    known: Sequence[str],
    read: Callable[[Sequence[str]], Sequence[Row | None]],
) -> list[tuple[str, Row]]:
    """The vessels of a fleet of which something is stored, each once.

    Args:
        named: in a request; None: those that are known.
        known: to the model.
        read: what is stored of some vessels; None of one of which nothing is.

    Raises:
        ProblemError: nothing is stored of one that is named, or of any.
    """
    names = list(dict.fromkeys(named or known))
    refuse([] if names else [field_error(("aircraft_ids",), "the model knows no vessels")])
    found = read(names)
    refuse(
        field_error(("aircraft_ids", at), f"nothing is stored of {name}")
        for at, name in enumerate(named or ())
        if found[names.index(name)] is None
    )
    fleet = [(name, one) for name, one in zip(names, found, strict=True) if one is not None]
    refuse([] if fleet else [field_error(("aircraft_ids",), "nothing is stored of any vessel")])
    return fleet
