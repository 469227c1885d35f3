"""Which vessels a question is about, what it tells of them, and of which something is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import Field, field_validator

from bentos.inference.requests import Instant, Name, Request, refuse
from tambo.serving.problem import FieldError, field_error

Row = TypeVar("Row")


@dataclass(frozen=True)
class AskedVessel:
    """One vessel of a fleet."""

    asked_at: datetime | None
    aircraft_id: str


class VesselNow(Request):
    """What is known of a vessel beside its features."""

    aircraft_id: Name
    failed: bool | None = Field(
        default=None,
        description="it cannot be used until it is maintained, or is being mended; left out:"
        " whether it waits for that, by its features",
    )
    back_at: Instant | None = Field(
        default=None, description="it is in its hangar, and back then; after asked_at"
    )
    away_until: Instant | None = Field(
        default=None, description="it is on a trip, and back then; after asked_at"
    )

    @field_validator("away_until")
    @classmethod
    def _in_one_place(cls, value: datetime | None, info: Any) -> datetime | None:
        if value is not None and info.data.get("back_at") is not None:
            raise ValueError("it is in its hangar until back_at already")
        return value


def vessel_faults(
    told: Sequence[VesselNow] | None, names: Collection[str], now: datetime
) -> Iterator[FieldError]:
    """What is wrong with what a request tells of vessels.

    Args:
        told: in its field `vessels`.
        names: of the vessels that it is about.
        now: its instant; what ends lies after it.
    """
    first: dict[str, int] = {}
    for at, one in enumerate(told or ()):
        if one.aircraft_id not in names:
            says = f"{one.aircraft_id} is none of the vessels that are asked for"
            yield field_error(("vessels", at, "aircraft_id"), says)
        elif first.setdefault(one.aircraft_id, at) != at:
            says = f"{one.aircraft_id} is vessels.{first[one.aircraft_id]} already"
            yield field_error(("vessels", at, "aircraft_id"), says)
        for name in ("back_at", "away_until"):
            instant = getattr(one, name)
            if instant is not None and instant <= now:
                says = f"must lie after asked_at, {now.isoformat()}"
                yield field_error(("vessels", at, name), says)


def beyond(named: Sequence[str] | None, known: Sequence[str], most: int) -> list[str]:
    """What is said where none is named and more are known than one question may be about."""
    if named is not None or len(known) <= most:
        return []
    return [f"only the first {most} of {len(known)} vessels are answered for: name others"]


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
