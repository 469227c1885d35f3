"""The design: labelled rows with their features, encoded as serving will encode them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tambo.errors import TrainingError
from tambo.serving import ngrams
from tambo.serving.spec import UNKNOWN, Input, category_key, encode_columns, source_columns
from training.metrics import Floats

Matrix = NDArray[np.float32]
_MISSING = {"number": np.nan, "series": np.nan, "category": float(UNKNOWN), "ngrams": 0.0}
Rows = NDArray[np.bool_] | NDArray[np.int64]


@dataclass(frozen=True)
class Design:
    """Encoded rows, their labels and what they are reported by.

    Attributes:
        inputs: what the columns of the matrix are.
        matrix: float32 [rows, width of the inputs]; missing numbers are NaN, unknown categories
            -1; a text without n-grams is all zeros.
        label: float64 [rows]; of a forecast [rows, steps], NaN for a step that nobody counted.
        columns: the raw columns that rows are grouped and reported by, each of rows values.
        query: column that names the query of a row; its rows follow each other. None where each
            row is answered by itself.
    """

    inputs: tuple[Input, ...]
    matrix: Matrix
    label: Floats
    columns: Mapping[str, NDArray[np.object_]]
    query: str | None = None

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: Rows) -> Design:
        """Keep some rows, by mask or by position."""
        return replace(
            self,
            matrix=self.matrix[rows],
            label=self.label[rows],
            columns={name: values[rows] for name, values in self.columns.items()},
        )

    def _sample_queries(self, query: NDArray[np.object_], most: int, seed: int) -> Design:
        first = starts(query)
        sizes = np.diff(np.append(first, len(query)))
        order = np.random.default_rng(seed).permutation(len(first))
        kept = np.zeros(len(first), dtype=np.bool_)
        kept[order[: max(1, int((np.cumsum(sizes[order]) <= most).sum()))]] = True
        return self.take(np.repeat(kept, sizes))

    def sample(self, most: int, seed: int) -> Design:
        """Keep at most so many rows, drawn at random, in order; whole queries of a ranking."""
        if len(self) <= most:
            return self
        if self.query is not None:
            return self._sample_queries(self.columns[self.query], most, seed)
        drawn = np.random.default_rng(seed).choice(len(self), size=most, replace=False)
        return self.take(np.sort(drawn).astype(np.int64))

    def positions(self, names: Sequence[str]) -> list[int]:
        """Columns of the matrix that some inputs fill, input by input.

        Raises:
            TrainingError: there is no such input.
        """
        starts = accumulate((one.width for one in self.inputs), initial=0)
        known = {
            one.name: range(start, start + one.width)
            for one, start in zip(self.inputs, starts, strict=False)
        }
        absent = [name for name in names if name not in known]
        if absent:
            raise TrainingError(f"no input {', '.join(absent)}")
        return [position for name in names for position in known[name]]

    def select(self, inputs: Sequence[Input]) -> Matrix:
        """The matrix of some of the inputs, in the order wanted."""
        return self.matrix[:, self.positions([one.name for one in inputs])]

    def reading(self, inputs: tuple[Input, ...]) -> Design:
        """The same rows with only some of the inputs, in the order wanted."""
        return replace(self, inputs=inputs, matrix=self.select(inputs))

    def without(self, names: Sequence[str]) -> Design:
        """The same rows with some inputs missing: NaN, unknown categories, no n-grams."""
        kinds, matrix = {one.name: one.kind for one in self.inputs}, self.matrix.copy()
        for name in names:
            matrix[:, self.positions([name])] = _MISSING[kinds[name]]
        return replace(self, matrix=matrix)


def stack(designs: Sequence[Design]) -> Design:
    """Put the rows of several designs with the same inputs below each other."""
    first = designs[0]
    return replace(
        first,
        matrix=np.concatenate([one.matrix for one in designs]),
        label=np.concatenate([one.label for one in designs]),
        columns={
            name: np.concatenate([one.columns[name] for one in designs]) for name in first.columns
        },
    )


def starts(query: NDArray[np.object_]) -> NDArray[np.int64]:
    """Position of each query's first row: int64 [queries]; rows of a query follow each other."""
    change = np.ones(len(query), dtype=np.bool_)
    change[1:] = query[1:] != query[:-1]
    return np.flatnonzero(change).astype(np.int64)


def learn_vocabularies(inputs: Sequence[Input], rows: pa.Table) -> tuple[Input, ...]:
    """Fill in the categories that occur in the training rows, sorted by name, and the letters.

    An input whose vocabulary or alphabet is declared keeps it.
    """
    learned = []
    for one in inputs:
        if one.kind == "category" and not one.vocabulary:
            values = [rows.column(name).to_pylist() for name in one.sources]
            keys = {category_key(row) for row in zip(*values, strict=True)}
            learned.append(one.model_copy(update={"vocabulary": tuple(sorted(keys - {None}))}))
        elif one.kind == "ngrams" and one.alphabet is None:
            letters = ngrams.alphabet(rows.column(one.name).to_pylist())
            learned.append(one.model_copy(update={"alphabet": letters}))
        else:
            learned.append(one)
    return tuple(learned)


def encode(
    rows: pa.Table,
    inputs: tuple[Input, ...],
    label: Floats,
    report_by: Sequence[str],
    query: str | None = None,
) -> Design:
    """Encode a table of labelled rows with their features.

    Args:
        rows: one column for each source of the inputs and the columns to report by.
        inputs: the inputs, with their vocabularies.
        label: the label of each row, as its task reads it.
        report_by: columns kept as they are.
        query: one of them that names the query of a row.
    """
    return Design(
        inputs=inputs,
        matrix=encode_columns(
            inputs, {name: column(rows, name) for name in source_columns(inputs)}
        ),
        label=label,
        columns={name: np.array(rows.column(name).to_pylist(), dtype=object) for name in report_by},
        query=query,
    )


def column(rows: pa.Table, name: str) -> Sequence[object]:
    """One column as a sequence that can be encoded: numbers as an array with NaN for nulls.

    Raises:
        TrainingError: the table has no such column.
    """
    if name not in rows.column_names:
        raise TrainingError(
            f"The training frame has no column {name}.",
            remedy="compare the model's inputs with its feature service: tambo features explain",
        )
    values = rows.column(name)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        numbers: Sequence[object] = values.cast(pa.float64(), safe=False).to_numpy()
        return numbers
    if pa.types.is_null(values.type):
        return [None] * len(values)
    if pa.types.is_list(values.type):
        return lists(values)
    found: list[object] = values.to_pylist()
    return found


def lists(values: pa.ChunkedArray) -> list[NDArray[np.float64] | None]:
    """A column of lists as arrays, without a Python number for each of their numbers."""
    found: list[NDArray[np.float64] | None] = []
    for chunk in values.chunks:
        numbers = chunk.values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        ends = chunk.offsets.to_numpy()
        known = chunk.is_valid().to_numpy(zero_copy_only=False)
        found += [
            numbers[start:end] if there else None
            for start, end, there in zip(ends[:-1], ends[1:], known, strict=True)
        ]
    return found
