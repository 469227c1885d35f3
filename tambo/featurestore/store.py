"""Feast's FeatureStore over a Tambo home, pinned to a release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.errors import FeatureError
from tambo.lake import releases
from tambo.lake.releases import Release
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore
    from feast.repo_config import RepoConfig

PROJECT = "tambo"
"""Feast's name for all our definitions."""

# Feast's own constant: the layout of entity keys that every reader of the online store decodes.
ENTITY_KEY_VERSION = 3


def open_store(settings: Settings, release: int | None = None) -> FeatureStore:
    """Open Feast's store: historical features at a release, online features as published.

    Args:
        settings: the Tambo home.
        release: number of the release that historical features are read at; None: the latest.

    Raises:
        LakeError: there is no lake.
        ReleaseError: the release does not exist, was rejected or retired, or none is released.
        FeatureError: no definitions have been applied in this home.
    """
    chosen = releases.get(settings, release)
    if not settings.registry.exists():
        raise FeatureError(
            f"No feature definitions have been applied in {settings.home}.",
            remedy="tambo features",
        )
    from feast import FeatureStore

    return FeatureStore(config=repo_config(settings, release=chosen))


def repo_config(
    settings: Settings,
    *,
    release: Release | None = None,
    registry: Path | None = None,
    online_store: Path | None = None,
    auth: Mapping[str, Any] | None = None,
) -> RepoConfig:
    """Feast's configuration of this home; feature_repo/feature_store.yaml says the same.

    Args:
        settings: the Tambo home.
        release: release that the offline store reads; None: the latest, found at each read.
        registry: another registry file than the home's, used while one is being filled.
        online_store: another SQLite file than the home's, likewise.
        auth: how a server knows who asks; None: it does not ask.
    """
    from feast.repo_config import RepoConfig

    return RepoConfig(
        project=PROJECT,
        provider="local",
        registry={"path": str(registry or settings.registry), "cache_ttl_seconds": 0},
        offline_store={
            "type": "tambo.featurestore.offline.DuckLakeOfflineStore",
            "home": str(settings.home.absolute()),
            "release": None if release is None else release.number,
            "snapshot": None if release is None else release.snapshot_id,
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
        },
        online_store=_online_store(settings, online_store or settings.online_store),
        batch_engine={"type": "tambo.featurestore.engine.LakeEngine"},
        entity_key_serialization_version=ENTITY_KEY_VERSION,
        materialization={"pull_latest_features": True},
        repo_path=settings.root / "feature_repo",
        auth=dict(auth or {"type": "no_auth"}),
    )


def _online_store(settings: Settings, path: Path) -> dict[str, Any]:
    if settings.redis_url is None:
        kind = "tambo.featurestore.stores.sqlite.TamboSqliteOnlineStore"
        return {"type": kind, "path": str(path.absolute())}
    return {
        "type": "tambo.featurestore.stores.redis.TamboRedisOnlineStore",
        "connection_string": connection_string(settings.redis_url),
    }


def connection_string(url: str) -> str:
    """Feast's form of a Redis URL: redis://:secret@host:6379/2 → host:6379,password=secret,db=2.

    Raises:
        FeatureError: it is not a Redis URL.

    >>> connection_string("rediss://:s3@cache:6380/1")
    'cache:6380,db=1,password=s3,ssl=true'
    """
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise FeatureError(
            f"TAMBO_REDIS_URL is not a Redis URL: {parts.scheme}://{parts.hostname}.",
            remedy="write redis://[:password@]host:port/database",
        )
    options = [f"{parts.hostname}:{parts.port or 6379}", f"db={parts.path.strip('/') or 0}"]
    if parts.username:
        options.append(f"username={unquote(parts.username)}")
    if parts.password:
        options.append(f"password={unquote(parts.password)}")
    if parts.scheme == "rediss":
        options.append("ssl=true")
    return ",".join(options)
