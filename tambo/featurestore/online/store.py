"""What the reader asks of an online store, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol


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


class OnlineStore(Protocol):
    """A store written by Feast, opened for reading only."""

    def fetch(self, wanted: Sequence[Wanted]) -> list[dict[bytes, Stored]]:
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
