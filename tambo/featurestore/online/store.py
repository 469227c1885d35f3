"""What the reader asks of an online store, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from tambo.featurestore.online.state import StoreState


class Layout(NamedTuple):
    """The features of one stored view that are asked for: names, and hash fields in Redis."""

    stored: str
    names: tuple[str, ...]
    fields: tuple[bytes, ...]


class Wanted(NamedTuple):
    """Entity keys, each once, to look up in the stored views that share them."""

    layouts: tuple[Layout, ...]
    keys: tuple[bytes, ...]


class Found(NamedTuple):
    """What is stored for the keys of one `Wanted`, in their order.

    Attributes:
        events: for each key, the event time of its row in each layout; None where there is no row.
        values: for each key, the serialised values of all layouts, one layout after the other;
            None where a value was never written. Those of a missing row mean nothing.
    """

    events: list[Sequence[datetime | None]]
    values: list[Sequence[bytes | None]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer of one look-up: one release's values and what was pushed since, no mixture.

    Attributes:
        state: which release the store holds; None if it does not say.
        found: one part for each `Wanted`.
    """

    state: StoreState | None
    found: list[Found]

    @property
    def nothing(self) -> bool:
        """Whether the store neither says what it holds nor has any of the keys asked for."""
        return (
            self.state is None
            and any(one.events for one in self.found)
            and not any(
                event is not None for one in self.found for events in one.events for event in events
            )
        )


class OnlineStore(Protocol):
    """A store written through Feast, opened for reading only.

    Safe to share among threads, across a fork, and among event loops.
    """

    def fetch(self, wanted: Sequence[Wanted]) -> Fetched:
        """Look up the keys of all views in one round trip.

        While a release is being published, it may take a second one.

        Raises:
            OnlineStoreError: the store is down, missing or was never filled.
        """
        ...

    async def fetch_async(self, wanted: Sequence[Wanted]) -> Fetched:
        """Do as `fetch` does, without blocking the event loop on the network."""
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

    async def close_async(self) -> None:
        """Let go of files and connections, those of the running event loop included."""
        ...
