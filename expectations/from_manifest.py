"""Suites of marts, from the `meta` of their columns in dbt's manifest: one definition, two uses.

A mart's column is checked for what its yml says: `min`, `max` and `nullable` of its meta, and its
not_null constraint. Types are compared with `data_type` in `measured`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expectations.from_contracts import number
from expectations.suite import LARGEST, Expectation, Suite, between, holds, not_null
from tambo.catalogue.graph import MARTS, Graph, domain_of, meta_of
from tambo.errors import ValidationFailedError
from tambo.settings import Settings


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
    graph = Graph.read(path)
    return [_mart(graph, node) for node in graph.marts()]


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
        name=f"{mart.domain}.{MARTS}.{mart.name}",
        frame="{table}",
        columns={name: sql for name, sql in columns.items() if name in needed or name in keys},
        keys=keys,
        expectations=tuple(expected),
        table=f"{MARTS}.{mart.name}",
        reads=frozenset({f"{MARTS}.{mart.name}"}),
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


def _mart(graph: Graph, node: Mapping[str, Any]) -> Mart:
    return Mart(
        domain=domain_of(node),
        name=node["alias"],
        columns=tuple(
            MartColumn(
                name=column["name"],
                type=(column.get("data_type") or "").upper(),
                not_null=any(one["type"] == "not_null" for one in column.get("constraints") or []),
                meta=meta_of(column),
            )
            for column in node["columns"].values()
        ),
        is_label=bool(meta_of(node).get("label")),
        sources=graph.raw_tables(str(node["unique_id"])),
    )
