"""A door: one way by which raw rows of a table come in from outside, page by page.

A door only reads. Whoever opens it keeps each page safe before the page's state, so that a run
that is killed goes on behind the last page that is safe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from tambo.progress import Progress
from tambo.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

Scalar = str | int | float | bool | None
State = Mapping[str, Scalar]
"""Where to go on from: scalars by name, in the door's own words; empty before the first run."""


@dataclass(frozen=True)
class Page:
    """Rows that were read together.

    Attributes:
        rows: in columns of the table's contract; times are naive and local in the contract's zone.
        state: where to go on from once these rows are safe.
        fetched_to: up to which instant the source has been read, naive UTC; None: it has no time.
        notes: what the steward should know, for example events of an unknown kind.
    """

    rows: pa.Table
    state: State
    fetched_to: datetime | None = None
    notes: tuple[str, ...] = field(default=())


class Door(Protocol):
    """One door."""

    @property
    def name(self) -> str:
        """Name of the door, unique in its domain, for example "visitors"."""
        ...

    @property
    def domain(self) -> str:
        """Whose contracts it serves."""
        ...

    @property
    def table(self) -> str:
        """The contract's table that its rows are for."""
        ...

    @property
    def description(self) -> str:
        """What it reads, in a sentence."""
        ...

    def missing(self, settings: Settings) -> str | None:
        """What must be set before it can be opened, in words with the setting's name; or None."""
        ...

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Read what has come since the state, a bounded page at a time.

        Raises:
            SourceError: the source cannot be read; says what to do.
        """
        ...
