"""dbt's graph: what a model is made of, as its manifest says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tambo.errors import FeatureError

RAW, MARTS = "raw", "marts"


class Graph:
    """The manifest of dbt's last run.

    Attributes:
        manifest: its content.
    """

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.manifest = manifest

    @classmethod
    def read(cls, path: Path) -> Graph:
        """Read dbt's target/manifest.json.

        Raises:
            FeatureError: it is missing, or no manifest.
        """
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            return cls({"sources": {}, **manifest, "nodes": dict(manifest["nodes"])})
        except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
            raise FeatureError(
                f"There is no dbt manifest at {path}.", remedy="tambo build"
            ) from error

    def source(self, table: str) -> Mapping[str, Any]:
        """A raw table, as dbt's sources describe it; empty if they do not."""
        sources = self.manifest["sources"].values()
        return next((one for one in sources if (one["schema"], one["name"]) == (RAW, table)), {})

    def marts(self) -> Iterator[Mapping[str, Any]]:
        """Models of the layer marts, by domain and name."""
        models = [
            node
            for node in self.manifest["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == MARTS
        ]
        yield from sorted(models, key=lambda node: node["fqn"])

    def raw_tables(self, unique_id: str) -> frozenset[str]:
        """Raw tables that a model reads, directly or through other models."""
        return self._made_of[unique_id][0]

    def ancestors(self, unique_id: str) -> tuple[Mapping[str, Any], ...]:
        """Models that a model is made of, each after those that it is itself made of."""
        nodes = self.manifest["nodes"]
        return tuple(nodes[one] for one in self._made_of[unique_id][1])

    @cached_property
    def _made_of(self) -> dict[str, tuple[frozenset[str], tuple[str, ...]]]:
        """Raw tables and ancestors of every model."""
        found: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}
        for unique_id, node in self.manifest["nodes"].items():
            if node["resource_type"] == "model":
                self._visit(unique_id, found)
        return found

    def _visit(
        self, unique_id: str, found: dict[str, tuple[frozenset[str], tuple[str, ...]]]
    ) -> tuple[frozenset[str], tuple[str, ...]]:
        if unique_id in found:
            return found[unique_id]
        raw: set[str] = set()
        models: dict[str, None] = {}
        for parent in self.manifest["nodes"][unique_id]["depends_on"]["nodes"]:
            source = self.manifest["sources"].get(parent)
            if source is None:
                tables, ancestors = self._visit(parent, found)
                raw |= tables
                models |= dict.fromkeys((*ancestors, parent))
            elif source["schema"] == RAW:
                raw.add(str(source["name"]))
        found[unique_id] = frozenset(raw), tuple(models)
        return found[unique_id]


def domain_of(node: Mapping[str, Any]) -> str:
    """The domain of a model: dbt's fqn is project, domain, layer, model."""
    return str(node["fqn"][1])


def meta_of(thing: Mapping[str, Any]) -> dict[str, Any]:
    """The meta of a model or a column, which dbt keeps in two places by version."""
    return {**thing.get("meta", {}), **((thing.get("config") or {}).get("meta") or {})}


def one_line(text: object) -> str:
    """A text without the line breaks that its file has."""
    return " ".join(str(text).split())
