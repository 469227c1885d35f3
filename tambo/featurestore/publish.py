"""Publish a release: apply the definitions and put each key's latest row into the online store.

Where the store holds an earlier release under the same definitions, only the keys that changed
since are written. Readers see the old release or the new one, never a mixture, and a run that is
killed leaves the old one; `publish_sqlite` and `publish_redis` say how.

The store itself says which release it holds. `features/published.json` says it for people, and is
written last.
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

from tambo.as_of import AsOf
from tambo.featurestore.definitions import definitions_hash, removed_objects
from tambo.featurestore.domain import domain_of, require_domains
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.publish_goal import Goal, Run
from tambo.featurestore.publish_redis import RedisTarget
from tambo.featurestore.publish_sqlite import SqliteTarget
from tambo.featurestore.store import PROJECT, repo_config
from tambo.lake import releases
from tambo.lake.releases import Release
from tambo.progress import Progress, silent
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore

    from tambo.featurestore.engine import LakeEngine

# Earlier than any event: tables without time are valid from 1970 on.
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Published:
    """What is online.

    Attributes:
        release: number of the release.
        as_of: its instant, by domain.
        definitions: hash of the Feast definitions.
        views: keys online by view.
        store: where they are, without secrets.
        up_to_date: nothing had to be done.
    """

    release: int
    as_of: AsOf
    definitions: str
    views: dict[str, int]
    store: str
    up_to_date: bool = False


def marker(settings: Settings) -> Path:
    """The file that says what is online."""
    return settings.online_store.parent / "published.json"


def read_published(settings: Settings) -> Published | None:
    """What is online; None if nothing is, or if the store does not hold what was published.

    Raises:
        OnlineStoreError: Redis does not answer.
    """
    try:
        found = json.loads(marker(settings).read_text())
        known = Published(**{**found, "as_of": AsOf.model_validate(found["as_of"])})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    target = target_of(settings)
    state = target.state() if known.store == target.name() else None
    if state is None or (state.release, state.definitions) != (known.release, known.definitions):
        return None
    return known


def publish(
    settings: Settings,
    objects: Sequence[Any],
    release: int | None = None,
    progress: Progress = silent,
) -> Published:
    """Apply the definitions and materialize all views at a release, up to as_of of their domain.

    Args:
        settings: the Tambo home.
        objects: all Feast objects, from feature_repo.definitions.all_objects().
        release: number of the release; None: the latest.
        progress: told each view.

    Returns:
        What is online now; `up_to_date` if the same release and definitions already were.

    Raises:
        ReleaseError: the release does not exist, was rejected or retired, or none is released.
        FeatureError: the definitions and the release do not fit each other, or a feature service
            is of several domains.
        OnlineStoreError: the online store cannot be written.
    """
    chosen = releases.get(settings, release)
    require_domains(objects, chosen.as_of)
    goal = Goal(chosen, definitions_hash(objects), settings.online_clock)
    target = target_of(settings)
    settings.online_store.parent.mkdir(parents=True, exist_ok=True)
    # One publisher at a time; the lake itself is only read.
    with FileLock(settings.online_store.parent / "publish.lock"):
        known, state = read_published(settings), target.state()
        if known is not None and goal.reached(state) and settings.registry.exists():
            return replace(known, up_to_date=True)
        keys = _fill(settings, objects, target, goal, state, progress)
        published = Published(chosen.number, chosen.as_of, goal.definitions, keys, target.name())
        _write_marker(settings, published)
    return published


def target_of(settings: Settings) -> SqliteTarget | RedisTarget:
    """The online store that the settings name."""
    if settings.redis_url is None:
        return SqliteTarget(settings, PROJECT)
    return RedisTarget(settings, PROJECT)


def _write_marker(settings: Settings, published: Published) -> None:
    content = {**asdict(published), "as_of": published.as_of.model_dump()}
    content.pop("up_to_date")
    fresh = marker(settings).with_suffix(".next")
    fresh.write_text(json.dumps(content, indent=2, sort_keys=True))
    fresh.replace(marker(settings))


def _fill(
    settings: Settings,
    objects: Sequence[Any],
    target: SqliteTarget | RedisTarget,
    goal: Goal,
    state: StoreState | None,
    progress: Progress,
) -> dict[str, int]:
    """Fill the online store and the registry; returns the keys by view."""
    registry = settings.registry.with_suffix(".next")
    registry.unlink(missing_ok=True)
    if settings.registry.exists():
        # What other teams have registered stays: saved data sets, permissions.
        shutil.copyfile(settings.registry, registry)
    store = _open(settings, goal.release, registry, target.path)
    with _quiet():
        run = target.begin(store, goal, state)
        target.prepare(store, run)
        store.apply(list(objects), objects_to_delete=removed_objects(store, objects), partial=False)
        engine = _materialize(store, target, goal, run, progress)
        target.finish(store, run, engine, goal)
    registry.replace(settings.registry)
    return engine.written


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Feast prints what it materializes, and calls on-demand views experimental at each apply."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _open(
    settings: Settings, release: Release, registry: Path, online: Path | None
) -> FeatureStore:
    from feast import FeatureStore

    config = repo_config(settings, release=release, registry=registry, online_store=online)
    return FeatureStore(config=config)


def _materialize(
    store: FeatureStore,
    target: SqliteTarget | RedisTarget,
    goal: Goal,
    run: Run,
    progress: Progress,
) -> LakeEngine:
    views = {view.name: domain_of(view) for view in store.list_feature_views() if view.online}
    engine: LakeEngine = store._get_provider().batch_engine
    engine.publication, engine.since = run.publication, run.since
    for done, (name, domain) in enumerate(sorted(views.items())):
        progress(f"materialize {name}", done, len(views))
        if name in run.done:
            engine.written[name] = run.done[name]
            continue
        end = goal.release.as_of.aware(domain)
        store.materialize(BEGINNING, end, feature_views=[name])
        target.view_done(store, name, run, engine.written[name])
    progress("materialized", len(views), len(views))
    return engine
