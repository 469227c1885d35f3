"""Publish a release: apply the definitions and put each key's latest row into the online store.

SQLite: a new file is filled beside the old one and takes its place in one step, as does the
registry. Readers see the old release or the new one, never a mixture; a run that is killed leaves
the old one. Redis: rows are overwritten one by one, so for the time of publishing the marker says
"publishing"; then keys that the release does not have are removed.

`features/published.json` says what is online. It is written last. The store itself says which
release it holds, for readers far from that file.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from tambo.featurestore.definitions import definitions_hash, removed_objects
from tambo.featurestore.online import StoreState, write_redis_state, write_sqlite_state
from tambo.featurestore.redis_keys import check_redis, remove_stale
from tambo.featurestore.store import repo_config
from tambo.lake import releases
from tambo.lake.releases import Release
from tambo.progress import Progress, silent
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

    from tambo.featurestore.engine import LakeEngine

PUBLISHED, PUBLISHING = "published", "publishing"

# Earlier than any event: tables without time are valid from 1970 on.
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Published:
    """What is online.

    Attributes:
        release: number of the release.
        as_of: its instant, UTC.
        definitions: hash of the Feast definitions.
        views: keys written by view.
        store: where they are, without secrets.
        up_to_date: nothing had to be done.
    """

    release: int
    as_of: datetime
    definitions: str
    views: dict[str, int]
    store: str
    up_to_date: bool = False


def marker(settings: Settings) -> Path:
    """The file that says what is online."""
    return settings.online_store.parent / "published.json"


def read_published(settings: Settings) -> Published | None:
    """What is online; None if nothing is, or if a publishing has not ended."""
    try:
        found = json.loads(marker(settings).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if found.pop("state") != PUBLISHED:
        return None
    return Published(**{**found, "as_of": datetime.fromisoformat(found["as_of"])})


def publish(
    settings: Settings,
    objects: Sequence[Any],
    release: int | None = None,
    progress: Progress = silent,
) -> Published:
    """Apply the definitions and materialize all views at a release, up to its as_of.

    Args:
        settings: the Tambo home.
        objects: all Feast objects, from feature_repo.definitions.all_objects().
        release: number of the release; None: the latest.
        progress: told each view.

    Returns:
        What is online now; `up_to_date` if the same release and definitions already were.

    Raises:
        ReleaseError: the release does not exist, was rejected or retired, or none is released.
        FeatureError: the definitions and the release do not fit each other.
        OnlineStoreError: the online store cannot be written.
    """
    chosen = releases.get(settings, release)
    wanted = definitions_hash(objects)
    online = _online_name(settings)
    settings.online_store.parent.mkdir(parents=True, exist_ok=True)
    # One publisher at a time; the lake itself is only read.
    with FileLock(settings.online_store.parent / "publish.lock"):
        known = read_published(settings)
        if known is not None and _is_online(settings, known, chosen, wanted, online):
            return replace(known, up_to_date=True)
        published = Published(chosen.number, chosen.as_of, wanted, {}, online)
        published = replace(published, views=_fill(settings, objects, chosen, published, progress))
        _write_marker(settings, published, PUBLISHED)
    return published


def _is_online(
    settings: Settings, known: Published, chosen: Release, wanted: str, online: str
) -> bool:
    there = settings.redis_url is not None or settings.online_store.exists()
    return (
        there
        and settings.registry.exists()
        and (known.release, known.definitions, known.store) == (chosen.number, wanted, online)
    )


def _online_name(settings: Settings) -> str:
    if settings.redis_url is None:
        return settings.online_store.name
    # Without the password: the marker is no place for it.
    return f"redis:{settings.redis_url.rsplit('@', 1)[-1].rsplit('//', 1)[-1]}"


def _write_marker(settings: Settings, published: Published, state: str) -> None:
    content = {**asdict(published), "as_of": published.as_of.isoformat(), "state": state}
    content.pop("up_to_date")
    fresh = marker(settings).with_suffix(".next")
    fresh.write_text(json.dumps(content, indent=2, sort_keys=True))
    fresh.replace(marker(settings))


def _fill(
    settings: Settings,
    objects: Sequence[Any],
    chosen: Release,
    published: Published,
    progress: Progress,
) -> dict[str, int]:
    """Fill the online store and the registry; see the module's docstring."""
    registry = settings.registry.with_suffix(".next")
    online = settings.online_store.with_suffix(".next")
    online.unlink(missing_ok=True)
    registry.unlink(missing_ok=True)
    if settings.registry.exists():
        # What other teams have registered stays: saved data sets, permissions.
        shutil.copyfile(settings.registry, registry)
    store = _open(settings, chosen, registry, online)
    in_place = settings.redis_url is not None
    with _quiet():
        if in_place:
            check_redis(store)
            _write_marker(settings, published, PUBLISHING)
        store.apply(list(objects), objects_to_delete=removed_objects(store, objects), partial=False)
        engine = _materialize(store, chosen, progress, keep_keys=in_place)
    state = StoreState(chosen.number, chosen.as_of)
    if settings.redis_url is not None:
        remove_stale(store, engine.keys)
        write_redis_state(settings.redis_url, store.project, state)
    else:
        write_sqlite_state(online, store.project, state)
        # A run killed between these steps must not leave the old marker beside the new file.
        _write_marker(settings, published, PUBLISHING)
        online.replace(settings.online_store)
    registry.replace(settings.registry)
    return engine.written


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Feast prints what it materializes, and calls on-demand views experimental at each apply."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _open(settings: Settings, release: Release, registry: Path, online: Path) -> FeatureStore:
    from feast import FeatureStore

    config = repo_config(settings, release=release, registry=registry, online_store=online)
    return FeatureStore(config=config)


def _materialize(
    store: FeatureStore, chosen: Release, progress: Progress, *, keep_keys: bool
) -> LakeEngine:
    views = sorted(view.name for view in store.list_feature_views() if view.online)
    engine: LakeEngine = store._get_provider().batch_engine
    engine.keep_keys = keep_keys
    for done, name in enumerate(views):
        progress(f"materialize {name}", done, len(views))
        store.materialize(BEGINNING, chosen.as_of.replace(tzinfo=UTC), feature_views=[name])
    progress("materialized", len(views), len(views))
    return engine
