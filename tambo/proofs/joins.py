"""Proof that the store joins as brute force joins: on tables generated to be awkward.

Each example goes the whole way through Feast's `FeatureStore.get_historical_features`, against a
lake of its own; hypothesis draws the examples; one that differs is made as small as it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa

from tambo.errors import ProofError
from tambo.progress import Progress, silent
from tambo.proofs.hand_lake import (
    ALIASED_KEY,
    ASKED,
    COLUMNS,
    SERVICES,
    HandLake,
    Services,
    View,
    hand_lake,
)
from tambo.proofs.oracle import Row, Table, answer, served, shown

if TYPE_CHECKING:
    from tambo.proofs.tables import Example

TIME = "event_timestamp"


@dataclass
class JoinsProof:
    """What was compared on generated tables.

    Attributes:
        examples: cases that were drawn.
        tables: tables that were joined, each by all its views.
        table_rows: rows of these.
        entity_rows: entity rows that were asked for.
        cells: features compared.
        filled: of these, not null.
        counterexample: the smallest case that differs; None if none does.
    """

    examples: int = 0
    tables: int = 0
    table_rows: int = 0
    entity_rows: int = 0
    cells: int = 0
    filled: int = 0
    counterexample: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing differed, and something was compared."""
        return self.counterexample is None and self.filled > 0


class _DifferenceError(AssertionError):
    """A cell of an example differs.

    Args:
        message: which, and the whole example.
        example: the example.
        position: of the entity row.
    """

    def __init__(self, message: str, example: Example, position: int) -> None:
        super().__init__(message)
        self.example = example
        self.position = position


def prove_joins(
    *,
    examples: int,
    seed: int,
    services: Services = SERVICES,
    progress: Progress = silent,
) -> JoinsProof:
    """Compare the store with brute force on generated tables.

    Args:
        examples: how many cases are drawn.
        seed: which cases; the same seed draws the same.
        services: ways to read the tables.
        progress: told each case.

    Raises:
        ProofError: hypothesis is not installed.
    """
    proof = JoinsProof()
    with hand_lake(services) as lake:

        def compare(example: Example) -> None:
            progress("generated tables", min(proof.examples, examples), examples)
            _compare(lake, services, example, proof=proof)

        try:
            _hypothesis(compare, [*services], examples, seed)()
        except _DifferenceError as difference:
            found = smallest(difference, partial(_compare, lake, services, proof=JoinsProof()))
            proof.counterexample = str(found)
    return proof


def smallest(difference: _DifferenceError, compare: Callable[[Example], None]) -> _DifferenceError:
    """Make an example that differs smaller: one entity row, then no table row that is not needed.

    Hypothesis would shrink it too, value by value; at a fraction of a second a try that takes
    minutes, and what a reader wants is few rows.
    """

    def differs(example: Example) -> _DifferenceError | None:
        try:
            compare(example)
        except _DifferenceError as found:
            return found
        return None

    asked = difference.example.asked
    here = asked[difference.position]
    following = asked[(difference.position + 1) % len(asked)]
    for fewer in ([here], [here, following]):
        found = differs(replace(difference.example, asked=fewer))
        if found is not None:
            difference = found
            break
    step = len(difference.example.rows)
    while step > 1:
        step //= 2
        start = 0
        while start < len(rows := difference.example.rows):
            fewer_rows = rows[:start] + rows[start + step :]
            found = differs(replace(difference.example, rows=fewer_rows))
            start, difference = (start, found) if found else (start + step, difference)
    return difference


def _hypothesis(
    compare: Callable[[Example], None], services: Sequence[str], examples: int, seed: int
) -> Callable[[], None]:
    try:
        import hypothesis
    except ModuleNotFoundError as error:
        raise ProofError(
            "The proof of joins draws its tables with hypothesis, which is not installed.",
            remedy="pip install hypothesis (it is in the extra `dev`), or: tambo prove joins "
            "--examples 0, which compares your own data only",
        ) from error
    from tambo.proofs.tables import examples as strategy

    settings = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate],
    )

    @hypothesis.seed(seed)
    @settings
    @hypothesis.given(strategy(services))
    def run(example: Example) -> None:
        compare(example)

    return run


def _compare(lake: HandLake, services: Services, example: Example, *, proof: JoinsProof) -> None:
    views = services[example.service]
    tables = _tables(example, {view.table for view in views})
    lake.put(tables, _asked(example))
    lake.store.config.offline_store.as_known_at = example.as_known_at
    got = lake.store.get_historical_features(
        _entity_rows(example), lake.services[example.service], full_feature_names=True
    ).to_arrow()
    if got.column("position").to_pylist() != list(range(len(example.asked))):
        message = f"the entity rows came back in another order\n{_told(example)}"
        raise _DifferenceError(message, example, 0)
    proof.examples += 1
    proof.tables += len(tables)
    proof.table_rows += sum(len(rows) for rows in tables.values())
    proof.entity_rows += len(example.asked)
    for view in views:
        _compare_view(view, tables[view.table], example, got, proof)


def _compare_view(
    view: View,
    rows: Sequence[Row],
    example: Example,
    got: pa.Table,
    proof: JoinsProof,
) -> None:
    created = "created" if view.created else None
    table = Table(view.columns, view.keys, "event", created, rows)
    given = {f: got.column(view.answered(f)).to_pylist() for f in view.features}
    for position, (code, text, t) in enumerate(example.asked):
        # The alias looks the number up under another column, which holds the next row's.
        asked = _other(example, position) if view.aliased else code
        key = tuple({"number": asked, "name": text}[one] for one in view.keys)
        wanted = answer(table, key, t, view.ttl, view.features, as_known_at=example.as_known_at)
        found = [shown(given[feature][position]) for feature in view.features]
        proof.cells += len(wanted)
        proof.filled += sum(one != "None" for one in wanted)
        if found != wanted:
            row, expired = served(table, key, t, view.ttl, as_known_at=example.as_known_at)
            raise _DifferenceError(
                f"view {view.name} ({_declared(view)}) at key {key}, {t} UTC\n"
                f"  the store   {dict(zip(view.features, found, strict=True))}\n"
                f"  brute force {dict(zip(view.features, wanted, strict=True))}\n"
                f"  from row    {'none' if row is None else row}{', expired' if expired else ''}\n"
                f"{_told(example)}",
                example,
                position,
            )


def _other(example: Example, position: int) -> int | None:
    return example.asked[(position + 1) % len(example.asked)][0]


def _declared(view: View) -> str:
    parts = [f"table {view.table}", f"keys {', '.join(view.keys) or 'none'}"]
    parts += [f"ttl {view.ttl}"] if view.ttl else []
    parts += [name for name in ("unique", "records") if getattr(view, name)]
    parts += [] if view.created else ["no created time"]
    return "; ".join(parts)


def _told(example: Example) -> str:
    mode = "as known at" if example.as_known_at else "plain event time"
    lines = [f"  mode {mode}; entity times in {example.zone or 'naive UTC'}; as {example.form}"]
    lines += [f"  table row   {_plain(row)}" for row in example.rows]
    lines += [f"  entity row  {_plain(row)}" for row in example.asked]
    return "\n".join(lines)


def _plain(row: Row) -> str:
    return ", ".join(shown(value) for value in row)


def _tables(example: Example, wanted: Collection[str]) -> Mapping[str, list[Row]]:
    """The drawn rows, and what of them keeps to what a source may declare."""
    base = Table(COLUMNS, ("number", "name"), "event", "created", example.rows)
    made: Mapping[str, Callable[[], list[Row]]] = {
        "any": lambda: example.rows,
        "zoned": lambda: example.rows,
        "once": lambda: _once(base),
        "records": lambda: _records(base),
    }
    return {name: made[name]() for name in sorted(wanted)}


def _once(table: Table) -> list[Row]:
    """Of each key, event and created time one row."""
    return list({(*row[:3], row[2] and table.known(row)): row for row in table.rows}.values())


def _records(table: Table) -> list[Row]:
    """A change log: of each key and instant one row, the one that is served from then on."""
    changes: list[Row] = []
    for key in sorted({row[:2] for row in table.rows if None not in row[:2]}):
        rows = [row for row in table.of_key(key) if row[2] is not None]
        before = None
        for t in sorted({max(row[2], table.known(row)) for row in rows}):
            row, _ = served(table, key, t, None)
            if row is not None and row is not before:
                changes.append(row)
            before = row
    return changes


def _asked(example: Example) -> pa.Table:
    """Entity rows with their times as they are given."""
    times = pa.array([t for *_, t in example.asked], pa.timestamp("us"))
    if example.zone is not None:
        times = times.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", example.zone))
    size = len(example.asked)
    return pa.table(
        {
            "position": pa.array(range(size), pa.int64()),
            "number": pa.array([one[0] for one in example.asked], pa.int64()),
            ALIASED_KEY: pa.array([_other(example, at) for at in range(size)], pa.int64()),
            "name": pa.array([one[1] for one in example.asked], pa.string()),
            TIME: times,
        }
    )


def _entity_rows(example: Example) -> pa.Table | pd.DataFrame | str:
    if example.form == "sql":
        return f"SELECT * FROM lake.marts.{ASKED} ORDER BY position;"
    asked = _asked(example)
    if example.form == "arrow":
        return asked
    frame = asked.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    if example.zone is not None:
        frame[TIME] = frame[TIME].dt.tz_convert(ZoneInfo(example.zone))
    return frame
