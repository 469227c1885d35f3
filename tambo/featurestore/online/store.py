"""What the reader asks of an online store, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from tambo.featurestore.online.state import StoreState


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys to look up in one stored view."""

    stored: str
    keys: tuple[bytes, ...]
    fields: dict[str, bytes]
    """Features with their hash fields in Redis."""


class Stored(NamedTuple):
    """What is stored for one key of one view: serialised values by feature."""

    event_timestamp: datetime
    values: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer of one round trip.

    Attributes:
        state: which release the store holds; None if it does not say.
        rows: what was found by entity key, one part for each `Wanted`.
    """

    state: StoreState | None
    rows: list[dict[bytes, Stored]]


class OnlineStore(Protocol):
    """A store written by Feast, opened for reading only."""

    def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one round trip; unknown keys are left out.

        Raises:
            OnlineStoreError: the store is down, missing or was never filled.
        """
        ...

    def check(self, stored: Sequence[str]) -> None:
        """Make sure that the store is there and filled.

        Raises:
            OnlineStoreError: it is not.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
