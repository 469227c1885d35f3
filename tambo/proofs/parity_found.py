"""What parity found, cell by cell, view by view and service by service, in one online store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tambo.as_of import AsOf
from tambo.proofs.online_keys import Key
from tambo.proofs.oracle import shown

LEAST_COMPARED = 0.95
"""Share of the cells that are not null offline which must have been compared."""


@dataclass(frozen=True)
class Mismatch:
    """One cell that differs.

    Attributes:
        reader: Feast's SDK or OnlineReader.
        key: the join keys, or the whole request.
        feature: the feature.
        offline: its value offline.
        online: its value online.
        why: what the online store says of it.
    """

    reader: str
    key: Key
    feature: str
    offline: Any
    online: Any
    why: str

    def __str__(self) -> str:
        return (
            f"{self.feature} of {self.key}: offline {shown(self.offline)}, "
            f"{self.reader} {shown(self.online)} ({self.why})"
        )


@dataclass(frozen=True)
class ViewParity:
    """What was compared of one view, or of one service.

    Attributes:
        view: the feature view, or the feature service.
        keys: keys that were asked for.
        all_keys: keys that there are, in the release or in the store.
        cells: features compared, for each of the two online readers.
        filled: cells that are not null offline.
        pushed: of these, not compared: a value was pushed after the release.
        mismatches: cells that differ.
    """

    view: str
    keys: int
    all_keys: int
    cells: int
    filled: int
    pushed: int
    mismatches: tuple[Mismatch, ...]

    @property
    def compared(self) -> float:
        """Share of the cells that are not null offline which were compared."""
        return 1.0 if not self.filled else 1 - self.pushed / self.filled


@dataclass(frozen=True)
class StoreParity:
    """What was compared in one online store.

    Attributes:
        store: its name, without secrets.
        release: number of the release that it holds.
        latest: number of the latest release.
        as_of: the instant of the comparison, by domain.
        views: view by view.
        services: service by service, with aliases and on-demand features; their keys are requests.
    """

    store: str
    release: int
    latest: int
    as_of: AsOf
    views: tuple[ViewParity, ...]
    services: tuple[ViewParity, ...] = ()

    @property
    def failures(self) -> list[str]:
        """Why parity does not hold; none if it does."""
        found = []
        if self.release != self.latest:
            found.append(
                f"{self.store} is stale: it holds release {self.release}, "
                f"the latest is {self.latest}"
            )
        found += [
            f"{part.view} differs in {len(part.mismatches):,} cells"
            for part in (*self.views, *self.services)
            if part.mismatches
        ]
        found += [
            f"only {view.compared:.0%} of {view.view} could be compared"
            for view in self.views
            if view.compared < LEAST_COMPARED
        ]
        if not any(view.filled for view in self.views):
            found.append(f"nothing in {self.store} is not null offline")
        return found
