"""The catalogue: every raw table, mart and request-time view with its words and its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tambo.catalogue.graph import MARTS, RAW, Graph, domain_of, meta_of, one_line
from tambo.catalogue.words import column_words, words
from tambo.domains import domains, slices
from tambo.requesttime.request_view import RequestView
from tambo.settings import Settings
from tambo.sources import contracts
from tambo.sources.contracts import Column, Contracts, Table

REQUEST = "request"
"""Layer of what is computed when somebody asks; it has no table."""

UNCHANGED = "No value is changed. A line that breaks the contract is quarantined, and not loaded."
"""How ingest cleans; a contract says only what it does not know."""

_COMPUTED = "Nothing is filled: what is not known is missing."


@dataclass(frozen=True)
class Field:
    """A column, or a feature.

    Attributes:
        name: in its table.
        kind: type in the lake.
        description: what a value says.
        unit: of the value; empty: it has none.
        allowed: range or values that are allowed, in words; empty: any.
        personal_data: it says something about a person.
        is_feature: models read it.
        origin: where its values come from, where that is not all of the table's.
        granularity: where it is not the table's.
        limits: what it cannot tell, besides the table's.
    """

    name: str
    kind: str
    description: str
    unit: str = ""
    allowed: str = ""
    personal_data: bool = False
    is_feature: bool = False
    origin: tuple[str, ...] = ()
    granularity: str = ""
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A table of the catalogue.

    Attributes:
        domain: whose it is.
        layer: raw, marts or request.
        name: in its layer.
        description: its grain first.
        owner: who answers for it.
        origin: of a raw table, where it comes from; else the tables it is made of, and theirs.
        granularity: the finest thing that a value stands for.
        cleaning: what was done to it, in order.
        limits: what it cannot tell: its own, then those of the tables it is made of.
        fields: its columns.
        about: names of the columns with the first and last day that a row is about; or empty.
        is_context: its rows are kept to read other figures by.
    """

    domain: str
    layer: str
    name: str
    description: str
    owner: str
    origin: tuple[str, ...]
    granularity: str
    cleaning: tuple[str, ...]
    limits: tuple[str, ...]
    fields: tuple[Field, ...]
    about: tuple[str, ...] = ()
    is_context: bool = False

    @property
    def table(self) -> str:
        """Its name in the lake, schema first."""
        return f"{self.layer}.{self.name}"


def entries(settings: Settings) -> list[Entry]:
    """All of them: by domain, raw tables first, then marts, then request-time views.

    Raises:
        FeatureError: dbt has written no manifest in this home yet.
    """
    graph = Graph.read(settings.dbt_target / "manifest.json")
    marts = [_mart(graph, node) for node in graph.marts()]
    requesttime = slices("tambo.requesttime")
    views = {name: getattr(one, "REQUEST_VIEWS", {}) for name, one in requesttime.items()}
    found = []
    for domain in domains():
        declared = contracts.load(domain)
        own = [one for one in marts if one.domain == domain]
        found += [_raw(declared, table) for table in declared.tables.values()]
        found += own
        found += [
            _request(declared, name, view, {one.name: one for one in own})
            for name, view in views.get(domain, {}).items()
        ]
    return found


def _raw(declared: Contracts, table: Table) -> Entry:
    defaults = [
        f'Where {name} is empty, it is taken as "{column.default}".'
        for name, column in table.columns.items()
        if column.default is not None
    ]
    refused = [f"Quarantined where this is not so: {check.says}" for check in table.checks]
    said = [one_line(table.cleaning)] if table.cleaning else []
    days = [name for name, column in table.columns.items() if column.type == "DATE"]
    return Entry(
        domain=declared.domain,
        layer=RAW,
        name=table.name,
        description=one_line(table.description),
        owner=table.owner or declared.owner,
        origin=(one_line(table.origin),),
        granularity=one_line(table.granularity),
        cleaning=(*said, UNCHANGED, *refused, *defaults),
        limits=tuple(map(one_line, table.limits)),
        fields=tuple(map(_raw_field, table.columns.values())),
        about=(days[0], days[-1]) if days else (),
        is_context=table.context,
    )


def _raw_field(column: Column) -> Field:
    return Field(
        name=column.name,
        kind=column.type,
        description=one_line(column.description),
        unit="UTC" if column.type == "TIMESTAMP" else column.unit,
        allowed=_allowed(
            column.allowed, column.above if column.min is None else column.min, column.max
        ),
        personal_data=column.personal_data,
    )


def _mart(graph: Graph, node: Mapping[str, Any]) -> Entry:
    said, domain = words(graph, node), domain_of(node)
    # A mart of a manifest whose domain has gone since names tables that nobody describes.
    known = contracts.load(domain).tables if domain in domains() else {}
    return Entry(
        domain=domain,
        layer=MARTS,
        name=str(node["name"]),
        description=one_line(node["description"]),
        owner=said.owner,
        origin=tuple(_of_table(name, known) for name in said.origin),
        granularity=said.granularity,
        cleaning=said.cleaning,
        limits=(*said.limits, *_inherited(said.origin, known)),
        fields=tuple(_mart_fields(graph, node)),
    )


def _mart_fields(graph: Graph, node: Mapping[str, Any]) -> Iterator[Field]:
    mart = words(graph, node)
    for column in node["columns"].values():
        meta, own = meta_of(column), column_words(column, mart)
        yield Field(
            name=str(column["name"]),
            kind=str(column.get("data_type") or "").upper(),
            description=one_line(column["description"]),
            unit=str(meta.get("unit") or ""),
            allowed=_allowed(None, meta.get("min"), meta.get("max")),
            personal_data=bool(meta.get("personal_data")),
            is_feature=bool(meta.get("feature")),
            origin=tuple(f"{RAW}.{name}" for name in own.origin if own.origin != mart.origin),
            granularity=own.granularity if own.granularity != mart.granularity else "",
            limits=own.limits,
        )


def _request(
    declared: Contracts, name: str, view: RequestView, marts: Mapping[str, Entry]
) -> Entry:
    used = [marts[one] for one in sorted(set(view.stored.values())) if one in marts]
    return Entry(
        domain=declared.domain,
        layer=REQUEST,
        name=name,
        description="One row per request: what it tells itself, held against what is stored.",
        owner=declared.owner,
        origin=("the request itself", *(f"{one.table}: {one.description}" for one in used)),
        granularity="request",
        cleaning=(_COMPUTED,),
        limits=tuple(dict.fromkeys(limit for one in used for limit in one.limits)),
        fields=tuple(
            Field(feature, "DOUBLE", f"{says[:1].upper()}{says[1:]}.", is_feature=True)
            for feature, says in view.features.items()
        ),
    )


def _of_table(name: str, known: Mapping[str, Table]) -> str:
    return f"{RAW}.{name}" + (f": {one_line(known[name].origin)}" if name in known else "")


def _inherited(origin: tuple[str, ...], known: Mapping[str, Table]) -> Iterator[str]:
    for name in origin:
        for limit in known[name].limits if name in known else ():
            yield f"{RAW}.{name}: {one_line(limit)}"


def _allowed(values: list[str] | None, low: object, high: object) -> str:
    if values:
        return ", ".join(values)
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {low}"
    return f"up to {high}" if low is None else f"{low} to {high}"
