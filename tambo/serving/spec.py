"""The model artefact: how a served model's inputs are encoded and its answer is bounded.

A model travels as three files: `model.onnx` (input "features", float32 [n, k]; one output, float32
[n, 1], [n, classes], [n, steps * 3] for a forecast, or [n, intervals * 2] for the time to an
event), `serving.json` (a `ServingSpec`) and `online_manifest.json`. Training writes them, the bento
reads them, and both encode rows with the same `ServingSpec.encode`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from tambo.errors import ServingError
from tambo.serving import ngrams
from tambo.serving.survival import Survival
from tambo.serving.version import Part, ServedVersion

MODEL_FILE = "model.onnx"
SPEC_FILE = "serving.json"
MANIFEST_FILE = "online_manifest.json"

UNKNOWN = -1
"""Code of a category that is missing or that training has not seen."""


class Input(Part):
    """One input of the model: one column of its matrix, or as many as its list or n-grams have."""

    name: str = Field(description="full feature name (view__feature) or a field of the request")
    kind: Literal["number", "category", "ngrams", "series"]
    vocabulary: tuple[str, ...] | None = Field(
        default=None, description="known categories; the code is the position in this list"
    )
    buckets: int | None = Field(
        default=None, gt=0, description="columns that the runs of letters of a text are hashed to"
    )
    alphabet: str | None = Field(
        default=None, description="letters that are known; a text with none of them is missing"
    )
    length: int | None = Field(
        default=None, gt=0, description="numbers in the list that a series is, oldest first"
    )
    columns: tuple[str, ...] = Field(
        default=(), description="the columns that make up the category; empty: the one named `name`"
    )

    @model_validator(mode="after")
    def _vocabulary_fits_kind(self) -> Self:
        if (self.kind == "category") != (self.vocabulary is not None):
            raise ValueError(f"input {self.name}: a category has a vocabulary, nothing else has")
        if (self.kind == "ngrams") != (self.buckets is not None):
            raise ValueError(f"input {self.name}: n-grams have buckets, nothing else has")
        if (self.kind == "series") != (self.length is not None):
            raise ValueError(f"input {self.name}: a series has a length, nothing else has")
        if self.kind != "ngrams" and self.alphabet is not None:
            raise ValueError(f"input {self.name}: only n-grams have an alphabet")
        if self.vocabulary is not None and len(set(self.vocabulary)) < len(self.vocabulary):
            raise ValueError(f"input {self.name}: its vocabulary holds a category twice")
        if self.kind != "category" and self.columns:
            raise ValueError(f"input {self.name}: only a category is made of several columns")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Columns that this input is read from."""
        return self.columns or (self.name,)

    @property
    def width(self) -> int:
        """Columns of the matrix that it fills."""
        return self.buckets or self.length or 1


class Band(Part):
    """Signed distance of the interval's ends from the prediction."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.high:
            raise ValueError(f"the band's low end {self.low} is above its high end {self.high}")
        return self


class Interval(Part):
    """Split-conformal prediction interval: residual quantiles of rows the model has not seen.

    With kind "relative" the ends are answer * (1 + low) and answer * (1 + high), with "absolute"
    answer + low and answer + high. See Vovk et al., Algorithmic Learning in a Random World, 2005.
    """

    level: float = Field(gt=0, lt=1, description="share of labels that lie inside")
    kind: Literal["relative", "absolute"]
    overall: Band
    group_by: str | None = Field(
        default=None, description="column whose values have a band each; None: one band for all"
    )
    by_group: dict[str, Band] = Field(default_factory=dict)
    unseen: Band | None = Field(
        default=None, description="for rows without any history, from the grouped split"
    )

    def band(self, group: str | None, *, seen: bool = True) -> Band:
        """Choose the band of a row: of what is unseen, else of its group, else of all rows."""
        if not seen and self.unseen is not None:
            return self.unseen
        return self.overall if group is None else self.by_group.get(group, self.overall)

    def bounds(
        self, answer: float, group: str | None = None, *, seen: bool = True
    ) -> tuple[float, float]:
        """Return the interval's ends around an answer; neither is below zero.

        >>> band = Band(low=-0.1, high=0.2)
        >>> Interval(level=0.9, kind="relative", overall=band).bounds(100.0)
        (90.0, 120.0)
        """
        band = self.band(group, seen=seen)
        scale = answer if self.kind == "relative" else 1.0
        return max(0.0, answer + band.low * scale), max(0.0, answer + band.high * scale)


class Forecast(Part):
    """What a forecast's answer is: for each step its low, middle and high, one step after another.

    The graph's own quantiles are moved apart by `low` and `high`, added to the logarithm of one
    more than the visitors: on rows that the model has not seen they held too little, or too much.
    """

    steps: int = Field(gt=0, description="how many days or hours ahead")
    unit: Literal["day", "hour"]
    levels: tuple[float, float, float] = Field(description="the quantiles, lowest first")
    low: tuple[float, ...] = Field(description="of each step, at most 0 apart from the middle")
    high: tuple[float, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.low) != self.steps or len(self.high) != self.steps:
            raise ValueError(f"a forecast of {self.steps} steps has so many ends on either side")
        return self

    def quantiles(self, answers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move the quantiles of some answers to where they hold.

        Args:
            answers: of the graph, float64 [n, steps * 3].

        Returns:
            float64 [n, steps, 3]: none below zero, none above the next.
        """
        found = answers.reshape(len(answers), self.steps, 3)
        middle = found[..., 1]
        low = np.expm1(np.log1p(found[..., 0]) + np.array(self.low))
        high = np.expm1(np.log1p(found[..., 2]) + np.array(self.high))
        return np.stack([np.clip(low, 0.0, middle), middle, np.maximum(high, middle)], axis=-1)


class ServingSpec(ServedVersion):
    """All that a service must know of one model version besides the ONNX file."""

    failed: tuple[str, ...] = Field(
        default=(), description="checks of the gate that it failed; only references were better"
    )
    target: str = Field(description="what is predicted, for example price")
    unit: str = Field(description="of the target, for example BRL")
    inputs: tuple[Input, ...] = Field(min_length=1)
    known: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="values of a request's columns that were seen in training, for example agency",
    )
    interval: Interval | None = Field(default=None, description="of a number")
    classes: tuple[str, ...] = Field(
        default=(), description="in the order of the answer's chances; empty: it is one number"
    )
    abstain_below: float | None = Field(
        default=None,
        description="a class is named where its chance is at least this; None: always",
    )
    temperature: float | None = Field(
        default=None,
        gt=0,
        description="of a score: the softmax of scores over it gives the chance of each candidate",
    )
    forecast: Forecast | None = Field(default=None, description="of a forecast")
    survival: Survival | None = Field(default=None, description="of the time to an event")
    actions: tuple[str, ...] = Field(
        default=(), description="whose worth the answer tells, in their order; empty: of none"
    )
    metrics: dict[str, float] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [one.name for one in self.inputs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"inputs named twice: {', '.join(twice)}")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that `encode` reads, each once, in order of their first use."""
        return source_columns(self.inputs)

    @property
    def answers(self) -> int:
        """Numbers in the answer to one row."""
        if self.survival is not None:
            return self.survival.answers
        if self.forecast is not None:
            return 3 * self.forecast.steps
        return len(self.classes) or len(self.actions) or 1

    def known_values(self, column: str) -> tuple[str, ...] | None:
        """List the values of a column that training saw; None if nobody wrote them down."""
        if column in self.known:
            return self.known[column]
        own = [one.vocabulary for one in self.inputs if one.sources == (column,)]
        return own[0] if own else None

    def encode(self, rows: Sequence[Mapping[str, object]]) -> NDArray[np.float32]:
        """Encode rows into the model's input matrix.

        Args:
            rows: values by column; each row has every name in `columns`, None if missing.

        Returns:
            float32 [len(rows), width of the inputs]: numbers as they are with NaN for None, also
            those of a series; categories as the position in their vocabulary with -1 for None and
            for what is unknown; n-grams as 1 in the columns that they are hashed to.

        Raises:
            ServingError: a column is not there, or a number is not a finite number.
        """
        names = self.columns
        for row in rows:
            absent = [name for name in names if name not in row]
            if absent:
                raise ServingError(
                    f"model {self.model}: no value for {', '.join(absent)}",
                    remedy="pass None for what is missing",
                )
        return self.encode_columns({name: [row[name] for row in rows] for name in names})

    def encode_columns(self, columns: Mapping[str, Sequence[object]]) -> NDArray[np.float32]:
        """Encode equally long columns; otherwise as `encode`."""
        return encode_columns(self.inputs, columns)


def source_columns(inputs: Sequence[Input]) -> tuple[str, ...]:
    """Columns that some inputs are read from, each once, in order of their first use."""
    return tuple(dict.fromkeys(name for one in inputs for name in one.sources))


def encode_columns(
    inputs: Sequence[Input], columns: Mapping[str, Sequence[object]]
) -> NDArray[np.float32]:
    """Encode equally long columns into a matrix; training uses it before there is a spec.

    Args:
        inputs: the matrix's columns, in order.
        columns: values by column name; None, NaN and NaT are missing.

    Returns:
        float32 [rows, width of the inputs]: numbers as they are with NaN for what is missing, also
        those of a series; categories as the position in their vocabulary with -1 for what is
        missing or unknown; n-grams as 1 in the columns that they are hashed to.

    Raises:
        ServingError: a column is not there, a number is not a finite number, or a list has another
            length than its series.
    """
    names = source_columns(inputs)
    absent = [name for name in names if name not in columns]
    if absent:
        raise ServingError(f"no column {', '.join(absent)}")
    rows, width = len(columns[names[0]]), sum(one.width for one in inputs)
    matrix, start = np.empty((rows, width), dtype=np.float32), 0
    for one in inputs:
        sources = [columns[name] for name in one.sources]
        matrix[:, start : start + one.width] = _block(one, sources)
        start += one.width
    return matrix


def _block(one: Input, sources: Sequence[Sequence[object]]) -> NDArray[Any]:
    if one.buckets is not None:
        return ngrams.encode(sources[0], one.buckets, one.alphabet)
    if one.length is not None:
        return _series(one.name, one.length, sources[0])
    if one.kind == "number":
        return _numbers(one.name, sources[0])[:, None]
    return _codes(one, sources)[:, None]


def category_key(values: Sequence[object]) -> str | None:
    r"""Name the category of a row: the one value, or its values joined by "|"; None if one misses.

    A "|" or "\" inside one of several values is escaped, so that two rows never share a name.

    >>> category_key(["Recife", "Natal", "economic"]), category_key(["Recife", None])
    ('Recife|Natal|economic', None)
    >>> category_key(["a|b", "c"]) == category_key(["a", "b|c"])
    False
    """
    if any(_is_missing(value) for value in values):
        return None
    if len(values) == 1:
        return str(values[0])
    return "|".join(str(value).replace("\\", "\\\\").replace("|", "\\|") for value in values)


def _is_missing(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124 - the test for NaN and NaT


def _codes(one: Input, sources: Sequence[Sequence[object]]) -> NDArray[np.float32]:
    code = {key: position for position, key in enumerate(one.vocabulary or ())}
    keys = (category_key(values) for values in zip(*sources, strict=True))
    return np.array([UNKNOWN if k is None else code.get(k, UNKNOWN) for k in keys], np.float32)


def _numbers(name: str, values: Sequence[object]) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values)
    except ValueError:  # lists of different lengths among the values
        numbers = np.empty(0, dtype=object)
    if numbers.dtype.kind not in "biuf" or numbers.ndim != 1:
        numbers = np.array([_number(name, value) for value in values], dtype=np.float64)
    numbers = numbers.astype(np.float64, copy=False)
    too_large = np.abs(numbers) > np.finfo(np.float32).max
    if too_large.any():
        raise ServingError(f"input {name}: {numbers[too_large][0]} is too large for a float32")
    return numbers


def _series(name: str, length: int, rows: Sequence[Any]) -> NDArray[np.float64]:
    nothing = np.full(length, np.nan)
    lists = [nothing if _is_no_list(row) else row for row in rows]
    wrong = {len(one) for one in lists} - {length}
    if wrong:
        raise ServingError(f"input {name}: a list of {min(wrong)} numbers in place of {length}")
    numbers: Sequence[Any] = np.asarray(lists).reshape(-1)  # type: ignore[assignment]
    return _numbers(name, numbers).reshape(len(lists), length)


def _is_no_list(row: object) -> bool:
    return row is None or isinstance(row, float)


def _number(name: str, value: object) -> float:
    if _is_missing(value):
        return np.nan
    if isinstance(value, Real | Decimal | np.bool_):
        return float(value)
    raise ServingError(f"input {name}: {value!r} is not a number but a {type(value).__name__}")
