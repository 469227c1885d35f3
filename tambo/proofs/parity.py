"""Proof that online equals offline, row by row, for every view that is online.

Three readers are asked for each key of each view at one instant, the as_of of the view's domain in
the release that the store holds: the offline store (`get_historical_features`), Feast's SDK
(`get_online_features`) and our `OnlineReader`. Every cell must be the same in value and type, nulls
and expired ones too; keys that are stored and that the release does not have are asked for as well.
Then each feature service is asked as a model asks it, with its aliases and its on-demand features.

What was pushed after that instant is left out; fewer than 95 % of the cells that are not null
offline compared is a failure.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tambo.errors import FeatureError, OnlineStoreError, ProofError, ReleaseError
from tambo.featurestore.domain import domain_of
from tambo.featurestore.online import OnlineManifest, OnlineReader, OnlineRow, Reason, resolve
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.publish import target_of
from tambo.lake import releases
from tambo.lake.releases import Release
from tambo.progress import Progress, silent
from tambo.proofs.online_keys import Key, mart_keys, stored_keys
from tambo.proofs.oracle import shown
from tambo.proofs.parity_found import Mismatch, StoreParity, ViewParity
from tambo.proofs.parity_services import Keys, Service, requests
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

BATCH = 1_000
"""Keys of one request."""

TIME = "event_timestamp"


def prove_parity(
    settings: Settings, *, sample: int, seed: int, progress: Progress = silent
) -> StoreParity:
    """Compare the online store of a home with its offline store.

    Args:
        settings: the Tambo home; `redis_url` says which store is compared.
        sample: keys of a view that has more.
        seed: which keys.
        progress: told each view.

    Raises:
        OnlineStoreError: the store is down, missing, does not say what it holds, or holds a release
            that cannot be read any more.
        ReleaseError: nothing has been released.
        FeatureError: no definitions have been applied.
    """
    latest = releases.latest(settings)
    if not settings.registry.exists():
        raise FeatureError(
            f"No feature definitions have been applied in {settings.home}.",
            remedy="tambo features",
        )
    name = "SQLite" if settings.redis_url is None else "Redis"
    with _store(settings, latest) as store:
        held = _held(store, settings, latest)
        chosen = _readable(settings, name, held.release)
        if chosen.as_of != held.as_of:
            raise OnlineStoreError(
                f"{name} says that release {held.release} is of {held.as_of} UTC; it is of "
                f"{chosen.as_of}.",
                remedy="the store belongs to another home, or an earlier Tambo filled it; fill it "
                "again: tambo features",
            )
        offline = store.config.offline_store
        offline.release, offline.snapshot = chosen.number, chosen.snapshot_id
        views = [view for view in store.list_feature_views() if view.online]
        views.sort(key=lambda view: str(view.name))
        compared = [_View(settings, store, view, chosen) for view in views]
        found = []
        for done, one in enumerate(compared):
            progress(f"{name} {views[done].name}", done, len(views))
            found.append(one.compare(sample, seed))
        keys = {view.name: one.keys for view, one in zip(views, compared, strict=True)}
        services = [
            _compare_service(settings, store, manifest, keys, sample, seed)
            for manifest in _services(store, keys, chosen)
        ]
    return StoreParity(
        name, chosen.number, latest.number, chosen.as_of, tuple(found), tuple(services)
    )


def _readable(settings: Settings, name: str, release: int) -> Release:
    """The release that the store holds, if the lake still has it."""
    try:
        return releases.get(settings, release)
    except ReleaseError as error:
        raise OnlineStoreError(
            f"{name} holds release {release}, with which nothing can be compared: {error.message}",
            remedy="publish one that is kept: tambo features",
        ) from error


def _services(
    store: FeatureStore, keys: Mapping[str, Keys], release: Release
) -> Iterator[OnlineManifest]:
    """The feature services whose views are all online, but for those made for this proof."""
    made = {f"{_MADE}{name}" for name in keys}
    for name in sorted(one.name for one in store.list_feature_services()):
        if name not in made:
            manifest = resolve(store, name, release=release.number, as_of=release.as_of)
            if all(view.stored in keys for view in manifest.views):
                yield manifest


def _compare_service(
    settings: Settings,
    store: FeatureStore,
    manifest: OnlineManifest,
    keys: Mapping[str, Keys],
    sample: int,
    seed: int,
) -> ViewParity:
    asked = requests(manifest, keys, manifest.as_of, sample, seed)
    with _open(settings, manifest) as reader:
        service = Service(store, reader, manifest.as_of)
        parts = [
            service.compare(asked[start : start + BATCH]) for start in range(0, len(asked), BATCH)
        ]
    return _joined(manifest.feature_service, parts, len(asked))


def _joined(name: str, parts: Sequence[ViewParity], all_keys: int) -> ViewParity:
    return ViewParity(
        view=name,
        keys=sum(part.keys for part in parts),
        all_keys=all_keys,
        cells=sum(part.cells for part in parts),
        filled=sum(part.filled for part in parts),
        pushed=sum(part.pushed for part in parts),
        mismatches=tuple(one for part in parts for one in part.mismatches),
    )


@contextmanager
def _store(settings: Settings, release: Release) -> Iterator[FeatureStore]:
    """Feast's store on a copy of the registry, which has a service of its own for each view."""
    from feast import FeatureService, FeatureStore

    from tambo.featurestore.store import repo_config

    with TemporaryDirectory(prefix="tambo-parity-") as folder:
        registry = Path(folder) / "registry.db"
        shutil.copyfile(settings.registry, registry)
        store = FeatureStore(config=repo_config(settings, release=release, registry=registry))
        for view in store.list_feature_views():
            service = FeatureService(name=_service(view), features=[view])
            store.registry.apply_feature_service(service, store.project)
        yield store


def _service(view: FeatureView) -> str:
    return f"{_MADE}{view.name}"


_MADE = "parity_"
"""How the services that are made for this proof begin."""


def _open(settings: Settings, manifest: OnlineManifest) -> OnlineReader:
    if settings.redis_url is not None:
        return OnlineReader.open(manifest, redis_url=settings.redis_url)
    return OnlineReader.open(manifest, sqlite=settings.online_store)


def _held(store: FeatureStore, settings: Settings, latest: Release) -> StoreState:
    """What the store says that it holds."""
    views = [view for view in store.list_feature_views() if view.online]
    if not views:
        raise ProofError("No feature view is online.", remedy="declare one, then: tambo features")
    manifest = resolve(store, _service(views[0]), release=0, as_of=latest.as_of)
    with _open(settings, manifest) as reader:
        reader.check()
    held = target_of(settings).state()
    if held is None:
        raise OnlineStoreError(
            "The online store does not say which release it holds.", remedy="tambo features"
        )
    return held


class _View:
    """Compares one view.

    Attributes:
        keys: what was asked for, once it has been compared.
    """

    def __init__(
        self,
        settings: Settings,
        store: FeatureStore,
        view: FeatureView,
        release: Release,
    ) -> None:
        self._settings, self._store, self._view = settings, store, view
        self.keys = Keys((), ())
        self._release, self._as_of = release, release.as_of.aware(domain_of(view))
        self._refs = [f"{view.name}:{field.name}" for field in view.features]
        self._names = [f"{view.name}__{field.name}" for field in view.features]
        self._seconds = {
            f"{view.name}__{field.name}"
            for field in view.features
            if field.dtype.to_value_type().name == "UNIX_TIMESTAMP"
        }
        manifest = resolve(store, _service(view), release=release.number, as_of=release.as_of)
        self._reader = _open(settings, manifest)

    def compare(self, sample: int, seed: int) -> ViewParity:
        """Compare all keys, or a sample of them, in batches."""
        # Feast's own readers are asked at no instant.
        self._store.config.online_store.as_of = self._as_of
        known = mart_keys(self._settings, self._release, self._view)
        keys = known.union(stored_keys(self._settings, self._store, self._view), seed)
        asked = keys[:sample]
        self.keys = Keys(known.columns, asked)
        with self._reader:
            parts = [
                self._batch(asked[start : start + BATCH], known.columns)
                for start in range(0, len(asked), BATCH)
            ]
        return _joined(self._view.name, parts, len(keys))

    def _batch(self, keys: Sequence[Key], columns: Sequence[str]) -> ViewParity:
        asked = [dict(zip(columns, key, strict=True)) for key in keys]
        offline = self._offline(keys, columns)
        sdk = self._sdk(asked)
        rows = self._reader.read(asked, self._as_of)
        found = ViewParity(self._view.name, len(keys), len(keys), 0, 0, 0, ())
        mismatches: list[Mismatch] = []
        cells = filled = pushed = 0
        for name in self._names:
            for at, (key, row) in enumerate(zip(keys, rows, strict=True)):
                wanted = self._exact(name, offline[name][at])
                filled += wanted is not None
                if row.cells[name].reason is Reason.LATER:
                    pushed += wanted is not None
                    continue
                cells += 1
                online = {"Feast's SDK": sdk[name][at], "OnlineReader": row.cells[name].value}
                mismatches += [
                    Mismatch(reader, key, name, wanted, value, _why(row, name))
                    for reader, value in online.items()
                    if shown(value) != shown(wanted)
                ]
        return replace(
            found, cells=cells, filled=filled, pushed=pushed, mismatches=tuple(mismatches)
        )

    def _offline(self, keys: Sequence[Key], columns: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        rows: dict[str, Any] = {
            name: pa.array([key[at] for key in keys]) for at, name in enumerate(columns)
        }
        rows[TIME] = pa.array([self._as_of] * len(keys), pa.timestamp("us", "UTC"))
        job = self._store.get_historical_features(
            pa.table(rows), self._refs, full_feature_names=True
        )
        return {name: job_column.to_pylist() for name, job_column in _columns(job, self._names)}

    def _sdk(self, asked: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Any]]:
        answer = self._store.get_online_features(
            features=self._refs, entity_rows=list(asked), full_feature_names=True
        ).to_dict()
        return {name: answer[name] for name in self._names}

    def _exact(self, name: str, value: Any) -> Any:
        """A value as the online store can hold it: Feast's times have whole seconds."""
        if name in self._seconds and isinstance(value, datetime):
            return value.replace(microsecond=0)
        return value


def _columns(job: Any, names: Sequence[str]) -> Iterator[tuple[str, pa.ChunkedArray]]:
    table = job.to_arrow()
    for name in names:
        yield name, table.column(name)


def _why(row: OnlineRow, name: str) -> str:
    cell = row.cells[name]
    if cell.event_timestamp is None:
        return f"online: {cell.reason}"
    event = cell.event_timestamp.astimezone(UTC).replace(tzinfo=None)
    return f"online: event {event} UTC{f', {cell.reason}' if cell.reason else ''}"
