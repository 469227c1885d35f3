"""What a publication is to reach, and how: all rows, or what changed since the store's release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tambo.errors import ReleaseError
from tambo.featurestore.online.state import StoreState
from tambo.lake import releases
from tambo.lake.releases import Release
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

    from tambo.featurestore.latest import Since
    from tambo.featurestore.stores.publication import Publication


@dataclass(frozen=True)
class Goal:
    """A release and the definitions it is to be served by.

    Attributes:
        release: the release.
        definitions: hash of the Feast definitions.
        clock: what readers count ages to.
    """

    release: Release
    definitions: str
    clock: str

    def reached(self, state: StoreState | None) -> bool:
        """Whether a store holds all of it."""
        return state is not None and self.state(state.publication) == state

    def state(self, publication: int) -> StoreState:
        """What the store says once the publication is done."""
        return StoreState(
            self.release.number,
            self.release.as_of,
            publication,
            "wall" if self.clock == "wall" else "release",
            self.definitions,
        )

    def extends(self, state: StoreState | None) -> bool:
        """Whether the release comes after the one in the store, with the same definitions."""
        return (
            state is not None
            and state.definitions == self.definitions
            and state.release < self.release.number
        )

    def overwrites(self, state: StoreState | None) -> bool:
        """Whether an older release is to take the place of a newer one."""
        return state is not None and state.release > self.release.number


@dataclass(frozen=True)
class Run:
    """One run of a publication.

    Attributes:
        publication: as whom rows are written.
        since: by view, what the store already holds; the others are written in full.
        done: keys by view, of views that an earlier run of it had finished.
    """

    publication: Publication
    since: Mapping[str, Since] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)


def increments(
    settings: Settings, store: FeatureStore, state: StoreState, goal: Goal
) -> dict[str, Since]:
    """Views whose tables have only grown or changed since the release in the store.

    A table that was made anew, or an earlier snapshot that has been expired, leaves no trace of
    what changed, so its views are written in full. So are those of a domain whose as_of fell, and
    of one that has joined.
    """
    from tambo.featurestore.domain import domain_of
    from tambo.featurestore.latest import Since, lasting_tables
    from tambo.featurestore.source import DuckLakeSource

    try:
        before = releases.get(settings, state.release)
    except ReleaseError:
        return {}
    tables = lasting_tables(settings, before.snapshot_id, goal.release.snapshot_id)
    return {
        view.name: Since(before.snapshot_id, state.as_of.of(domain_of(view)))
        for view in store.list_feature_views()
        if goal.release.as_of.not_before(state.as_of, domain_of(view))
        and isinstance(view.batch_source, DuckLakeSource)
        and view.batch_source.table.partition(".")[2] in tables
        and any(key.name in view.join_keys for key in view.entity_columns if view.entities)
    }
