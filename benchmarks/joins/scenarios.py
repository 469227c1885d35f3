"""What is joined by whom."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from typing import Any

from benchmarks.joins.tables import TABLE, TIED, Size

MILLION = 1_000_000
PLAIN = {"table": TABLE, "created": False, "unique": True, "records": False, "as_known_at": True}
LATE = {**PLAIN, "table": "marts.late", "created": True}
UNDECLARED = {**LATE, "unique": False}


@dataclass(frozen=True)
class Scenario:
    """One table of results.

    Attributes:
        name: on the command line.
        title: in the report.
        size: rows joined.
        contenders: label, contender and its options; the first is what the others are held against.
        ttl_days: of the view; 0 is none.
        versioned: tables with created times are needed.
        limit_mib: memory at which a contender is stopped.
        memory_limit: DuckDB's, where a contender takes one.
        same: all contenders must give the same answer.
    """

    name: str
    title: str
    size: Size
    contenders: tuple[tuple[str, str, dict[str, Any]], ...]
    ttl_days: int = 0
    versioned: bool = False
    limit_mib: int = 16 * 1024
    memory_limit: str = "3GB"
    same: bool = True
    repeat: int | None = None

    def scaled(self, by: float) -> Scenario:
        """The same with more or fewer rows; the histories of the keys stay as long."""
        size = Size(*(max(1, round(rows * by)) for rows in astuple(self.size)))
        return replace(self, size=size)


_PEERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Tambo", "tambo", PLAIN),
    ("Feast, DuckDB store", "feast", {}),
    ("pandas.merge_asof", "merge_asof", {}),
    ("bare ASOF LEFT JOIN", "bare", PLAIN),
)
_ALONE = (("Tambo", "tambo", PLAIN), ("bare ASOF LEFT JOIN", "bare", PLAIN))

SCENARIOS = (
    Scenario("long", "Long histories", Size(MILLION, MILLION, 10_000), _PEERS),
    Scenario("few", "Few keys", Size(100_000, MILLION, 100), _PEERS),
    Scenario(
        "ttl",
        "A ttl of 30 days",
        Size(100_000, MILLION, 10_000),
        _PEERS[:3],
        ttl_days=30,
    ),
    Scenario(
        "memory",
        "Within 3 GiB",
        Size(MILLION, 10 * MILLION, 10_000),
        _PEERS[:2],
        limit_mib=3 * 1024,
        memory_limit="1500MB",
    ),
    Scenario(
        "modes",
        "What is known, and what the source declares",
        Size(MILLION, MILLION, 10_000),
        (
            ("bare ASOF LEFT JOIN", "bare", PLAIN),
            ("event time, declared unique", "tambo", PLAIN),
            ("event time, not declared", "tambo", {**PLAIN, "unique": False}),
            (
                "event time, created column, unique",
                "tambo",
                {**LATE, "as_known_at": False},
            ),
            (
                "event time, created column, not declared",
                "tambo",
                {**UNDECLARED, "as_known_at": False},
            ),
            (
                "as known, records kept",
                "tambo",
                {**LATE, "table": "marts.records", "records": True},
            ),
            ("as known, unique, on the fly", "tambo", LATE),
            ("as known, not declared", "tambo", UNDECLARED),
            ("as known, not declared, ties", "tambo", {**UNDECLARED, "table": TIED}),
        ),
        versioned=True,
        same=False,
    ),
    Scenario("entities", "30 million entity rows", Size(30 * MILLION, MILLION, 10_000), _ALONE),
    Scenario("features", "30 million feature rows", Size(MILLION, 30 * MILLION, 10_000), _ALONE),
    Scenario(
        "spill",
        "100 million feature rows",
        Size(MILLION, 100 * MILLION, 100_000),
        (_ALONE[0],),
        memory_limit="6GB",
        repeat=1,
    ),
)
