"""One Feast repository twice, from the same frames: on Feast's stock stores and on ours.

The stock side is the DuckDB offline store over Parquet files and the SQLite online store. Ours is
the lake, read at its head by the plain event-time join: the configuration for suites that write
frames and read them back at once, as docs/feast-conformance.md says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from feast import FeatureStore, FileSource, RepoConfig
from feast.data_format import ParquetFormat
from feast.infra.offline_stores.file_source import FileLoggingDestination, SavedDatasetFileStorage

from tambo.featurestore.saved import DuckLakeLoggingDestination, SavedDatasetDuckLakeStorage
from tambo.featurestore.source import DuckLakeSource
from tambo.featurestore.write import write_table

PROJECT = "conformance"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OFFLINE = "tambo.featurestore.offline.DuckLakeOfflineStore"
ONLINE = "tambo.featurestore.stores.sqlite.TamboSqliteOnlineStore"


@dataclass
class Side:
    """One of the two stores, and how frames become its sources."""

    store: FeatureStore
    folder: Path
    ours: bool

    def source(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        timestamp_field: str = "event_timestamp",
        created_timestamp_column: str | None = "created",
        field_mapping: dict[str, str] | None = None,
    ) -> Any:
        """Write a frame and name it a data source."""
        options = {
            "name": name,
            "timestamp_field": timestamp_field,
            "created_timestamp_column": created_timestamp_column,
            "field_mapping": field_mapping,
        }
        if self.ours:
            write_table(self.folder, f"marts.{name}", frame)
            return DuckLakeSource(table=f"marts.{name}", **options)
        path = self.folder / f"{name}.parquet"
        frame.to_parquet(path, index=False)
        return FileSource(path=str(path), file_format=ParquetFormat(), **options)

    def storage(self, name: str) -> Any:
        """A place for a saved data set."""
        if self.ours:
            return SavedDatasetDuckLakeStorage(table=f"monitoring.{name}")
        return SavedDatasetFileStorage(path=str(self.folder / f"{name}.parquet"))

    def log(self, name: str) -> Any:
        """A place for logged features."""
        if self.ours:
            return DuckLakeLoggingDestination(table=f"monitoring.{name}")
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return FileLoggingDestination(path=str(path))


def sides(folder: Path, define: Callable[[Side], Sequence[Any]]) -> tuple[Side, Side]:
    """The stock side and ours, with the same definitions applied."""
    return stock(folder / "stock", define), ours(folder / "ours", define)


def stock(folder: Path, define: Callable[[Side], Sequence[Any]]) -> Side:
    """Feast's own stores."""
    return _side(folder, define, {"offline_store": {"type": "duckdb"}})


def ours(
    folder: Path,
    define: Callable[[Side], Sequence[Any]],
    *,
    own_online: bool = False,
    **offline: Any,
) -> Side:
    """The lake, with Feast's SQLite store or our own; `offline` configures the offline store."""
    config: dict[str, Any] = {
        "offline_store": {
            "type": OFFLINE,
            "home": str(folder),
            "release": "head",
            "as_known_at": False,
            **offline,
        },
        "batch_engine": {"type": "tambo.featurestore.engine.LakeEngine"},
        "materialization": {"pull_latest_features": True},
    }
    if own_online:
        path = str(folder / "online.db")
        config["online_store"] = {"type": ONLINE, "path": path, "as_of": NOW}
    return _side(folder, define, config)


def _side(folder: Path, define: Callable[[Side], Sequence[Any]], config: dict[str, Any]) -> Side:
    folder.mkdir(parents=True)
    repo = RepoConfig(
        project=PROJECT,
        provider="local",
        registry={"path": str(folder / "registry.db"), "cache_ttl_seconds": 0},
        entity_key_serialization_version=3,
        repo_path=folder,
        **{"online_store": {"type": "sqlite", "path": str(folder / "online.db")}, **config},
    )
    ours = repo.offline_store.type == OFFLINE
    side = Side(FeatureStore(config=repo), folder, ours)
    side.store.apply(list(define(side)))
    return side


def plain(value: Any) -> Any:
    """A cell as plain Python, so that the two stores' containers and nulls compare equal."""
    if isinstance(value, np.ndarray | list | tuple | set):
        items = [plain(one) for one in value]
        return sorted(items, key=repr) if isinstance(value, set) else items
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if plain(item) is not None}
    if pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item() if not isinstance(value, np.datetime64) else pd.Timestamp(value)
    if isinstance(value, datetime):
        stamp = pd.Timestamp(value)
        return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return pd.Timestamp(value, tz="UTC") if isinstance(value, date) else value


def cells(frame: pd.DataFrame, by: str | list[str]) -> dict[str, list[Any]]:
    """Columns of a frame as plain values, rows sorted by columns, column names sorted."""
    ordered = frame.sort_values(by, kind="stable").reset_index(drop=True)
    return {name: [plain(value) for value in ordered[name]] for name in sorted(ordered.columns)}
