"""Feast views generated from dbt's manifest: a feature is defined once, in its mart.

A mart whose `meta` has a `feast` block becomes a view; a column whose `meta` says `feature: true`
becomes a feature; the other columns, times aside, are its join keys. The generated modules are
checked in, and `check` fails when they no longer say what the manifest says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tambo.catalogue.drift import Drift
from tambo.catalogue.graph import Graph, domain_of, meta_of, one_line
from tambo.catalogue.words import Words, column_words, require_words, words
from tambo.errors import FeatureError
from tambo.featurestore.generated_code import Column, View, module_text

EVENT = "event_timestamp"
CREATED = "created_timestamp"


def generate(manifest: Path, out: Path) -> list[Path]:
    """Write <out>/<domain>/views.py for each domain that has views.

    Args:
        manifest: dbt's target/manifest.json.
        out: the folder feature_repo/.

    Returns:
        The modules, written or as they were.

    Raises:
        FeatureError: the manifest is missing, or a mart's meta is not complete.
    """
    paths = []
    for domain, views in read_views(manifest).items():
        path = out / domain / "views.py"
        text = module_text(domain, views)
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        paths.append(path)
    return paths


def check(manifest: Path, out: Path) -> list[Drift]:
    """Compare the checked-in modules with the manifest; nothing is written.

    Raises:
        FeatureError: the manifest is missing, or a mart's meta is not complete.
    """
    drifts = []
    wanted = read_views(manifest)
    for domain, views in wanted.items():
        path = out / domain / "views.py"
        if not path.exists():
            drifts.append(Drift(path, "is missing"))
        elif path.read_text() != module_text(domain, views):
            drifts.append(Drift(path, "differs from the marts' meta"))
    left = [path for path in sorted(out.glob("*/views.py")) if path.parent.name not in wanted]
    return drifts + [Drift(path, "has no marts any more") for path in left]


def read_views(manifest: Path) -> dict[str, list[View]]:
    """Views by domain, both sorted by name.

    Raises:
        FeatureError: the manifest is missing, or a mart's meta is not complete.
    """
    graph = Graph.read(manifest)
    require_words(graph)
    found: dict[str, list[View]] = {}
    for node in graph.marts():
        if "feast" in meta_of(node):
            found.setdefault(domain_of(node), []).append(_view(node, words(graph, node)))
    return dict(sorted(found.items()))


def _view(node: Mapping[str, Any], said: Words) -> View:
    name, feast = str(node["name"]), meta_of(node)["feast"]
    _require(name, feast, ("entities", "ttl_days", "ttl_reason", "owner", "tier", "personal_data"))
    columns = [_column(name, column, said) for column in node["columns"].values()]
    keys = [one for one in columns if not one.feature and one.name not in {EVENT, CREATED}]
    named = {one.name for one in columns}
    if not {EVENT, CREATED} <= named:
        raise FeatureError(
            f"Mart {name} has no {EVENT} and {CREATED}.", remedy="declare both columns in its yml"
        )
    entities = [str(entity) for entity in feast["entities"]]
    if len(keys) != len(entities):
        raise FeatureError(
            f"Mart {name} has {len(entities)} entities ({', '.join(entities)}) and {len(keys)} "
            f"key columns ({', '.join(key.name for key in keys)}).",
            remedy="mark feature columns with meta.feature: true, and name one entity for each key",
        )
    return View(
        name=name,
        table=f"{node['schema']}.{node.get('alias') or name}",
        description=one_line(node.get("description", "")),
        entities=tuple(entities),
        keys=tuple(keys),
        features=tuple(one for one in columns if one.feature),
        ttl_days=float(feast["ttl_days"] or 0),
        ttl_reason=one_line(feast["ttl_reason"]),
        owner=said.owner,
        origin=_tables(said),
        granularity=said.granularity,
        limits=" ".join(said.limits),
        tier=str(feast["tier"]),
        # Whatever the mart says of itself: one personal column makes a personal view.
        personal_data=bool(feast["personal_data"]) or any(one.personal_data for one in columns),
        event=EVENT,
        created=CREATED,
        push=str(feast.get("push_source") or ""),
    )


def _column(mart: str, column: Mapping[str, Any], said: Words) -> Column:
    meta, own = meta_of(column), column_words(column, said)
    kind = column.get("data_type")
    if not kind:
        raise FeatureError(
            f"Column {column['name']} of mart {mart} has no data_type.",
            remedy="declare it in the mart's contract",
        )
    return Column(
        name=str(column["name"]),
        kind=str(kind).upper(),
        description=one_line(column.get("description", "")),
        feature=bool(meta.get("feature", False)),
        unit=str(meta.get("unit") or ""),
        personal_data=bool(meta.get("personal_data", False)),
        origin=_tables(own) if own.origin != said.origin else "",
        granularity=own.granularity if own.granularity != said.granularity else "",
        limits=" ".join(own.limits),
    )


def _tables(said: Words) -> str:
    return ", ".join(f"raw.{table}" for table in said.origin)


def _require(mart: str, meta: Mapping[str, Any], names: Iterable[str]) -> None:
    absent = [name for name in names if name not in meta]
    if absent:
        raise FeatureError(
            f"Mart {mart}: meta.feast has no {', '.join(absent)}.",
            remedy="complete the block in the mart's yml",
        )
