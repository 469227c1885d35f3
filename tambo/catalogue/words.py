"""The words that a steward needs of a mart, and what is missing of them.

| word | stands in | of a mart it is |
|---|---|---|
| owner | `meta.feast.owner`; of a label `meta.owner` | its own |
| granularity | `meta.granularity` | its own |
| limits | `meta.limits` | its own |
| cleaning | `meta.cleaning` of the model that cleans | all that was done on the way from raw |
| origin | dbt's graph; `meta.origin` may name fewer | the raw tables that it is made of |

A column says `origin`, `granularity` or `limits` only where it differs from its mart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tambo.catalogue.graph import Graph, meta_of, one_line
from tambo.errors import FeatureError


@dataclass(frozen=True)
class Words:
    """What a steward needs of a mart.

    Attributes:
        owner: who answers for it.
        origin: raw tables that it is made of, sorted.
        granularity: the finest thing that a value stands for.
        cleaning: what was done on the way from raw, in order.
        limits: what it cannot tell, its own.
    """

    owner: str
    origin: tuple[str, ...]
    granularity: str
    cleaning: tuple[str, ...]
    limits: tuple[str, ...]


def words(graph: Graph, node: Mapping[str, Any]) -> Words:
    """The words of a mart; those that are missing are empty."""
    meta, unique_id = meta_of(node), _id(node)
    made_of = graph.raw_tables(unique_id)
    origin = frozenset(meta.get("origin", made_of))
    # A model that only helped to find keys of others has cleaned nothing of this mart.
    way = [
        *map(graph.source, sorted(origin)),
        *(one for one in graph.ancestors(unique_id) if origin & graph.raw_tables(_id(one))),
        node,
    ]
    return Words(
        owner=str(meta.get("feast", meta).get("owner") or ""),
        origin=tuple(sorted(origin)),
        granularity=one_line(meta.get("granularity") or ""),
        cleaning=tuple(one_line(said) for one in way if (said := meta_of(one).get("cleaning"))),
        limits=_sentences(meta.get("limits")),
    )


def column_words(column: Mapping[str, Any], mart: Words) -> Words:
    """The words of a mart's column: the mart's where it says none of its own."""
    meta = meta_of(column)
    return Words(
        owner=mart.owner,
        origin=tuple(sorted(meta.get("origin", mart.origin))),
        granularity=one_line(meta.get("granularity") or mart.granularity),
        cleaning=mart.cleaning,
        limits=_sentences(meta.get("limits")),
    )


def require_words(graph: Graph) -> None:
    """Make sure that every mart says all that a steward needs.

    Raises:
        FeatureError: one does not; names each mart, what is missing, and its file.
    """
    wrong = [
        f"{node['name']} ({_file(node)}): {problem}"
        for node in graph.marts()
        for problem in _problems(graph, node)
    ]
    if wrong:
        raise FeatureError(
            f"The marts' meta is not complete. {'; '.join(wrong)}.",
            remedy="write it under config.meta; docs/stewards.md says what each word means",
        )


def _problems(graph: Graph, node: Mapping[str, Any]) -> Iterator[str]:
    said = words(graph, node)
    absent = [
        word for word in ("owner", "origin", "granularity", "limits") if not getattr(said, word)
    ]
    if absent:
        yield f"no {', '.join(absent)}"
    if not said.cleaning:
        yield "no cleaning, neither its own nor of a model that it is made of"
    made_of = graph.raw_tables(_id(node))
    yield from _unknown("origin", said.origin, made_of)
    for column in node["columns"].values():
        named = column_words(column, said).origin
        yield from _unknown(f"origin of column {column['name']}", named, said.origin)


def _unknown(what: str, named: Sequence[str], known: Sequence[str] | frozenset[str]) -> list[str]:
    wrong = sorted(set(named) - set(known))
    return [f"{what} names {', '.join(wrong)}, of which it is not made"] if wrong else []


def _id(node: Mapping[str, Any]) -> str:
    return str(node["unique_id"])


def _file(node: Mapping[str, Any]) -> str:
    """The yml of a model, which dbt names with its project before it."""
    return str(node.get("patch_path") or node["name"]).rpartition("://")[2]


def _sentences(said: object) -> tuple[str, ...]:
    if not said:
        return ()
    return tuple(map(one_line, said)) if isinstance(said, list) else (one_line(said),)
