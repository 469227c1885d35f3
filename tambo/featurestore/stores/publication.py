"""Who writes rows into an online store, and what that may replace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from feast import FeatureView, RepoConfig  # noqa: TID253 - imported by Feast itself, by name

from tambo.featurestore.stores.encode import Binary
from tambo.featurestore.stores.rows import OnlineRows


@dataclass(frozen=True)
class Publication:
    """One writing of rows.

    A row of a release takes the place of another release's row, since the release says what is
    known. Whatever is pushed, or met by a release's row after it was pushed, is decided by (event
    time, created time), the later one stays; equal ones are overwritten, so that a correction at
    the same event time arrives.

    Attributes:
        number: which publication of a release writes, ascending from 1; 0 is a push.
        online: the publication that readers see while this one writes; None if there is none.
        overwrite: an older release is published on purpose: its rows replace any.
    """

    number: int = 0
    online: int | None = None
    overwrite: bool = False


PUSH = Publication()


class RowStore(Protocol):
    """An online store that takes encoded columns."""

    def write_rows(
        self, config: RepoConfig, view: FeatureView, rows: OnlineRows, publication: Publication
    ) -> int:
        """Write rows; returns how many were not older than what is there.

        Raises:
            OnlineStoreError: the store cannot be written.
        """
        ...

    def remove_rows(
        self, config: RepoConfig, view: FeatureView, keys: Binary, publication: Publication
    ) -> None:
        """Take rows away that an earlier release wrote and this one does not have."""
        ...


def is_row_store(store: Any) -> bool:
    """Whether a Feast online store takes encoded columns."""
    return hasattr(store, "write_rows") and hasattr(store, "remove_rows")
