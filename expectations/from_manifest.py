"""Suites of marts, from the `meta` of their columns in dbt's manifest: one definition, two uses.

A mart's column is checked for what its yml says: `min`, `max` and `nullable` of its meta, and its
not_null constraint. Types are compared with `data_type` in `measured`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expectations.from_contracts import number
from expectations.suite import LARGEST, Expectation, Suite, between, holds, not_null
from tambo.errors import ValidationFailedError
from tambo.settings import Settings

LAYER = "marts"


@dataclass(frozen=True)
class MartColumn:
    """One column of a mart as its yml describes it."""

    name: str
    type: str
    not_null: bool
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Mart:
    """One mart as dbt's manifest describes it.

    Attributes:
        domain: the folder of its model.
        name: its table in the schema marts.
        columns: in the order of the yml.
        is_label: it holds labels, whose event time may lie after they became known.
        sources: raw tables it is made from, through whatever models.
    """

    domain: str
    name: str
    columns: tuple[MartColumn, ...]
    is_label: bool
    sources: frozenset[str]


def marts(settings: Settings) -> list[Mart]:
    """All marts of dbt's last manifest, sorted by domain and name.

    Raises:
        ValidationFailedError: there is no manifest.
    """
    path = settings.dbt_target / "manifest.json"
    if not path.exists():
        raise ValidationFailedError(
            f"{path} is missing: nothing says what the marts must hold.", remedy="tambo build"
        )
    manifest = json.loads(path.read_text(encoding="utf-8"))
    nodes = manifest["nodes"]
    found = [
        _mart(manifest, unique_id)
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and node["schema"] == LAYER
    ]
    return sorted(found, key=lambda mart: (mart.domain, mart.name))


def mart_suite(mart: Mart) -> Suite:
    """The suite of a mart's rows."""
    names = [column.name for column in mart.columns]
    columns = {column.name: number(column.name, column.type) for column in mart.columns}
    expected = [one for column in mart.columns for one in _of_column(column)]
    if not mart.is_label and {"event_timestamp", "created_timestamp"} <= set(names):
        columns["known in time"] = "event_timestamp <= created_timestamp"
        expected.append(holds("known in time", "event_timestamp is not after created_timestamp"))
    needed = {one.column for one in expected}
    keys = tuple(column.name for column in mart.columns if column.not_null)
    return Suite(
        name=f"{mart.domain}.{LAYER}.{mart.name}",
        frame="{table}",
        columns={name: sql for name, sql in columns.items() if name in needed or name in keys},
        keys=keys,
        expectations=tuple(expected),
        table=f"{LAYER}.{mart.name}",
        reads=frozenset({f"{LAYER}.{mart.name}"}),
    )


def _of_column(column: MartColumn) -> list[Expectation]:
    meta = column.meta
    expected = []
    if column.not_null or meta.get("nullable") is False:
        expected.append(not_null(column.name))
    low, high = meta.get("min"), meta.get("max")
    if high is None and column.type == "DOUBLE":
        high = LARGEST
    if low is not None or high is not None:
        expected.append(between(column.name, low, high, unit=meta.get("unit", "")))
    return expected


def _mart(manifest: dict[str, Any], unique_id: str) -> Mart:
    node = manifest["nodes"][unique_id]
    return Mart(
        domain=node["fqn"][1],
        name=node["alias"],
        columns=tuple(
            MartColumn(
                name=column["name"],
                type=(column.get("data_type") or "").upper(),
                not_null=any(one["type"] == "not_null" for one in column.get("constraints") or []),
                meta=(column.get("config") or {}).get("meta") or column.get("meta") or {},
            )
            for column in node["columns"].values()
        ),
        is_label=bool(node["config"].get("meta", {}).get("label")),
        sources=_sources(manifest, unique_id),
    )


def _sources(manifest: dict[str, Any], unique_id: str) -> frozenset[str]:
    """Raw tables that a model reads, directly or through other models."""
    found: set[str] = set()
    open_ids = [unique_id]
    seen: set[str] = set()
    while open_ids:
        one = open_ids.pop()
        if one in seen:
            continue
        seen.add(one)
        source = manifest["sources"].get(one)
        if source is not None:
            if source["schema"] == "raw":
                found.add(source["name"])
            continue
        open_ids += manifest["nodes"].get(one, {}).get("depends_on", {}).get("nodes", [])
    return frozenset(found)
