"""Declared splits: by time, or by person where time does not matter; by group for the unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tambo.errors import FewLabelsError
from training.labels import LabelTable, read_labels

TRAIN, CALIBRATION, TEST = "train", "calibration", "test"

Mask = NDArray[np.bool_]


class Split(Protocol):
    """How labelled rows are dealt into parts."""

    @property
    def by_time(self) -> bool:
        """Whether later rows test what earlier rows taught."""
        ...

    def read(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> tuple[dict[str, pa.Table], Bounds]:
        """Read the labels of each part, with the bounds of the parts.

        Args:
            connection: the lake, attached at the release's snapshot.
            table: the label mart.
            as_of: the release's of the model's domain; naive, UTC.

        Raises:
            FewLabelsError: a part has too few rows.
        """
        ...


@dataclass(frozen=True)
class TimeSplit:
    """Train on the past, stop and calibrate on what follows, test on the newest rows.

    Attributes:
        calibration_share: share of the rows, by entity time, between training and test.
        test_share: share of the rows at the end.
        least_rows: fewest rows that each part must have.
    """

    calibration_share: float = 0.15
    test_share: float = 0.15
    least_rows: int = 20

    @property
    def by_time(self) -> bool:
        """Yes."""
        return True

    def read(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> tuple[dict[str, pa.Table], Bounds]:
        """Read the labels of each part as known at the end of that part."""
        bounds = time_bounds(connection, table, self, as_of)
        return read_split(connection, table, self, bounds), bounds


@dataclass(frozen=True)
class PersonSplit:
    """Some people train, others stop and calibrate, others test; all are seen at `as_of`.

    For what is true of a person rather than of a moment. Somebody stays in their part from release
    to release, so that nobody who once trained a champion tests its challenger.

    Attributes:
        person: column that names the person.
        calibration_share: share of the people.
        test_share: share of the people.
        least_rows: fewest rows that each part must have.
        most_rows: people at most, drawn at random.
    """

    person: str
    calibration_share: float = 0.15
    test_share: float = 0.15
    least_rows: int = 3
    most_rows: int = 10_000

    @property
    def by_time(self) -> bool:
        """No."""
        return False

    def read(
        self, connection: duckdb.DuckDBPyConnection, table: LabelTable, as_of: datetime
    ) -> tuple[dict[str, pa.Table], Bounds]:
        """Read the labels known at `as_of`, which is the entity time of all of them."""
        rows = read_labels(connection, table, known_by=as_of)
        draws = np.array([draw(one, 0) for one in rows.column(self.person).to_pylist()])
        if len(draws) > self.most_rows:
            kept = np.sort(np.argsort(draws * 1e6 % 1.0)[: self.most_rows])
            rows, draws = rows.take(pa.array(kept)), draws[kept]
        at = rows.column_names.index("event_timestamp")
        now = pa.array([as_of] * rows.num_rows, rows.schema.field(at).type)
        rows = rows.set_column(at, "event_timestamp", now)
        later = 1.0 - self.test_share
        masks = {
            TRAIN: draws < later - self.calibration_share,
            CALIBRATION: (draws >= later - self.calibration_share) & (draws < later),
            TEST: draws >= later,
        }
        parts = {name: rows.filter(pa.array(mask)) for name, mask in masks.items()}
        refuse_few(table, parts, self.least_rows)
        return parts, Bounds(as_of, as_of, as_of)


@dataclass(frozen=True)
class Bounds:
    """Where the parts begin and end; naive UTC.

    Training ends at `calibration_start`, calibration at `test_start`, the test at `as_of`. A part
    uses the labels known at its end, and leaves out the last label window before it: labels of
    that window were not all known yet.
    """

    calibration_start: datetime
    test_start: datetime
    as_of: datetime


def time_bounds(
    connection: duckdb.DuckDBPyConnection, table: LabelTable, split: TimeSplit, as_of: datetime
) -> Bounds:
    """Place the bounds at quantiles of the entity times known by the release's as_of of the domain.

    Raises:
        FewLabelsError: there are no labels.
    """
    test_from = 1.0 - split.test_share
    row = connection.execute(
        f"SELECT quantile_disc(event_timestamp, [{test_from - split.calibration_share!r}, "
        f"{test_from!r}]) FROM (SELECT DISTINCT ON ({', '.join(table.key)}) event_timestamp, "
        f"{table.label} AS label FROM {table.source} WHERE created_timestamp <= ? "
        f"ORDER BY created_timestamp DESC) WHERE label IS NOT NULL",
        [as_of],
    ).fetchone()
    if row is None or row[0] is None:
        raise FewLabelsError(
            f"{table.name} holds no label known by {as_of:%Y-%m-%d %H:%M}.",
            remedy="tambo ingest <folder> && tambo build && tambo validate && tambo release",
        )
    return Bounds(calibration_start=row[0][0], test_start=row[0][1], as_of=as_of)


def read_split(
    connection: duckdb.DuckDBPyConnection, table: LabelTable, split: TimeSplit, bounds: Bounds
) -> dict[str, pa.Table]:
    """Read the labels of each part, each as known at the end of that part.

    Raises:
        FewLabelsError: a part has fewer rows than the split declares.
    """
    first, second, end = bounds.calibration_start, bounds.test_start, bounds.as_of
    parts = {
        TRAIN: read_labels(connection, table, known_by=first, end=first - table.window),
        CALIBRATION: read_labels(
            connection, table, known_by=second, start=first, end=second - table.window
        ),
        TEST: read_labels(connection, table, known_by=end, start=second),
    }
    refuse_few(table, parts, split.least_rows)
    return parts


def refuse_few(table: LabelTable, parts: Mapping[str, pa.Table], least: int) -> None:
    """Check that each part has enough rows.

    Raises:
        FewLabelsError: one has not.
    """
    few = {name: rows.num_rows for name, rows in parts.items() if rows.num_rows < least}
    if few:
        found = ", ".join(f"{name} {count}" for name, count in few.items())
        raise FewLabelsError(
            f"{table.name} has too few labels to train on: {found} rows, where each part needs "
            f"{least}.",
            remedy="load more history, or a larger sample: tambo world --travellers 200",
        )


def halves(units: Sequence[object], seed: int) -> Mask:
    """Split units into two halves at random, all rows of one unit on the same side.

    The half that stops a fit early must not be the half that sizes its interval: residuals of
    the first are too small.

    Args:
        units: the unit of each row, for example its trip.
        seed: which halving.

    Returns:
        bool [rows]: True for the first half.
    """
    return np.array([draw(unit, seed) < 0.5 for unit in units], dtype=np.bool_)


def group_folds(groups: Sequence[str], folds: int, seed: int) -> Iterator[set[str]]:
    """Deal the groups into folds, and yield the groups held out in each.

    Args:
        groups: the group of each row; every group is held out exactly once.
        folds: how many folds; fewer where there are fewer groups.
        seed: which dealing.
    """
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    for part in np.array_split(order, min(folds, len(names))):
        yield {names[position] for position in part}


def draw(unit: object, seed: int) -> float:
    """A number in [0, 1) that is always the same for a unit."""
    digest = hashlib.blake2b(f"{seed}:{unit}".encode(), digest_size=8).digest()
    return float(int.from_bytes(digest, "big") / 2**64)
