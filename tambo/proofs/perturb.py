"""Another future: what became known after an instant is changed, added, moved or withdrawn.

Two lakes, one of them perturbed after t, were told the same up to t, and different things from then
on: corrections and withdrawals of old rows, and news of times long before t, among them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tambo.proofs.versions import Version
from tambo.sources.contracts import Contracts, Table

TICK = timedelta(microseconds=1)
FARTHEST_DAYS = 200
"""A row is moved by at most so many days, to either side."""

ARRIVALS = 5
"""Instants at which the perturbed rows become known; the first is the next after t."""

LEAST = 30
"""Old rows of each table that are corrected, moved and withdrawn, if there are as many."""


@dataclass
class Perturbed:
    """What a lake is told instead.

    Attributes:
        versions: all of them; those known by t are the same.
        counts: how many were changed, added, moved, withdrawn, dropped or kept.
    """

    versions: list[Version] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def perturb(
    versions: Sequence[Version], contracts: Contracts, t: datetime, draw: random.Random
) -> Perturbed:
    """Tell another story after an instant.

    Args:
        versions: what a lake was told.
        contracts: the domain's.
        t: versions known by then stay as they are; naive, UTC.
        draw: decides what happens to which.
    """
    made = Perturbed()
    end = max((version.known_at for version in versions), default=t)
    for table in contracts.ordered():
        mine = [one for one in versions if one.table == table.name]
        if mine:
            _Teller(table, contracts, mine, t, max(end, t + timedelta(days=1)), draw, made).tell()
    return made


class _Teller:
    """Perturbs one table."""

    def __init__(
        self,
        table: Table,
        contracts: Contracts,
        versions: list[Version],
        t: datetime,
        end: datetime,
        draw: random.Random,
        made: Perturbed,
    ) -> None:
        self._table = table
        # Rows that others refer to stay: without them the others would be orphans, even old ones.
        limits = (one.freshness for one in contracts.tables.values())
        fresh = (one.error_after_days // 2 for one in limits if one is not None)
        # Further, and the gate would take the tables that did not move for forgotten ones.
        self._farthest = min([FARTHEST_DAYS, *fresh])
        self._parent = bool(contracts.children(table.name))
        self._before = [one for one in versions if one.known_at <= t]
        self._after = [one for one in versions if one.known_at > t]
        self._full = [one for one in versions if not one.values[table.tombstone]]
        self._draw = draw
        self._made = made
        steps = sorted(draw.random() for _ in range(ARRIVALS - 1))
        self._arrivals = [t + TICK, *(t + TICK + step * (end - t) for step in steps)]
        self._used: set[tuple[str, tuple[Any, ...]]] = set()
        self._added = 0

    def tell(self) -> None:
        """Add the table's versions to what is made."""
        self._made.versions += self._before
        for version in self._after:
            self._later(version)
        old = [one for one in self._before if not one.values[self._table.tombstone]]
        size = min(len(old), max(LEAST, len(self._after) // 4))
        for act in (self._change, self._move, self._withdraw):
            for version in self._draw.sample(old, size):
                act(version)
        for _ in range(max(LEAST, len(self._after) // 4)):
            self._add()

    def _later(self, version: Version) -> None:
        """One of: it stays, it says something else, it is about another time, it never comes."""
        if version.values[self._table.tombstone]:
            choices = [self._keep, self._drop]
        elif self._parent:
            choices = [self._keep, self._change]
        else:
            choices = [self._keep, self._change, self._move, self._drop]
        self._draw.choice(choices)(version)

    def _keep(self, version: Version) -> None:
        self._made.versions.append(version)
        self._made.counts["kept"] += 1

    def _drop(self, _: Version) -> None:
        self._made.counts["dropped"] += 1

    def _change(self, version: Version) -> None:
        """All but key and time are another row's, together: so they keep to the row checks."""
        fixed = {*self._table.key, *self._table.event_time}
        other = self._draw.choice(self._full).values
        values = {name: version.values[name] if name in fixed else other[name] for name in other}
        self._arrives("changed", values)

    def _move(self, version: Version) -> None:
        if not self._table.event_time:
            self._change(version)
            return
        days = timedelta(days=self._draw.randint(1, self._farthest) * self._draw.choice([-1, 1]))
        times = {
            name: version.values[name] + days
            for name in self._table.event_time
            if version.values[name] is not None
        }
        self._arrives("moved", {**version.values, **times})

    def _withdraw(self, version: Version) -> None:
        if self._parent:
            return
        kept = {*self._table.key}
        values = {name: value if name in kept else None for name, value in version.values.items()}
        self._arrives("withdrawn", {**values, self._table.tombstone: True})

    def _add(self) -> None:
        """A key that nobody has heard of, with another row's values; none where keys are listed."""
        values = dict(self._draw.choice(self._full).values)
        self._added += 1
        if numbers := self._keys_of("BIGINT"):
            largest = max(one.values[numbers[0]] for one in self._full)
            values[numbers[0]] = largest + self._added
        elif names := self._keys_of("VARCHAR"):
            values[names[0]] = f"{values[names[0]]} {self._added}"
        elif times := self._keys_of("TIMESTAMP"):
            values[times[0]] += timedelta(seconds=self._added)
        else:
            return
        self._arrives("added", values)

    def _keys_of(self, kind: str) -> list[str]:
        """Columns of the key that are of a type, and may hold any value of it."""
        columns = self._table.columns
        referring = {name for one in self._table.references for name in one.columns}
        return [
            name
            for name in self._table.key
            if columns[name].type == kind and not columns[name].allowed and name not in referring
        ]

    def _arrives(self, what: str, values: Mapping[str, Any]) -> None:
        """Bring a version in by a file that arrives after t, and that does not have its key yet."""
        step = self._draw.randrange(len(self._arrivals))
        key = tuple(values[name] for name in self._table.key)
        layer = 0
        while (f"p{step}_{layer}", key) in self._used:
            layer += 1
        file, arrived_at = f"p{step}_{layer}", self._arrivals[step]
        self._used.add((file, key))
        self._made.versions.append(Version(self._table.name, values, arrived_at, file, arrived_at))
        self._made.counts[what] += 1
