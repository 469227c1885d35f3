"""Suites and expectations as plain data: what is expected, of which column, how grave, in words.

They are made without importing Great Expectations, which takes seconds; `run` hands them to it.
Only expectations on each row are used, since their counts add up over chunks: what is true of a
whole table is measured by SQL into a frame of one row, and expected of that row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Severity = Literal["critical", "warning"]

LARGEST = 1.7976931348623157e308
"""Largest finite double: a bound that infinity exceeds."""


@dataclass(frozen=True)
class Expectation:
    """One thing expected of every row.

    Attributes:
        kind: Great Expectations' name, for example expect_column_values_to_be_between.
        column: column of the suite's frame.
        says: the expectation in words, for errors and data docs.
        arguments: its further arguments.
        severity: critical stops the release, warning is only reported.
    """

    kind: str
    column: str
    says: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"


@dataclass(frozen=True)
class Suite:
    """What is expected of one frame.

    Attributes:
        name: domain.layer.table, with a further part where a table has several suites.
        frame: SQL of the rows, over tables of the attached lake.
        columns: SQL of each column that the expectations or the keys name.
        keys: columns that tell a reader which row is meant.
        expectations: what is expected.
        table: schema.table that `frame` reads row by row; only its new rows are looked at when
            the others have passed the same suites. None: the frame is measured and small.
        reads: schema.table of all whose columns must be as declared before this can run.
    """

    name: str
    frame: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    expectations: tuple[Expectation, ...]
    table: str | None = None
    reads: frozenset[str] = frozenset()

    @property
    def domain(self) -> str:
        """Whose tables these are: what is measured against as_of is so against this domain's."""
        return self.name.partition(".")[0]

    def extend(self, more: Sequence[Expectation], columns: Mapping[str, str]) -> Suite:
        """The same suite with more expectations and the columns they need."""
        return replace(
            self,
            expectations=(*self.expectations, *more),
            columns={**self.columns, **columns},
        )


def not_null(column: str, severity: Severity = "critical") -> Expectation:
    """Every row has a value."""
    return Expectation(
        "expect_column_values_to_not_be_null", column, f"{column} is never null", {}, severity
    )


def between(
    column: str,
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    unit: str = "",
    severity: Severity = "critical",
) -> Expectation:
    """Every value that is not null lies within the bounds; `above` is a bound left out itself."""
    bounds = {"min_value": low if above is None else above, "max_value": high}
    arguments: dict[str, Any] = {name: at for name, at in bounds.items() if at is not None}
    if above is not None:
        arguments["strict_min"] = True
    words = [f"at least {low:,}"] if above is None and low is not None else []
    words += [f"above {above:,}"] if above is not None else []
    words += ["finite"] if high == LARGEST else [f"at most {high:,}"] if high is not None else []
    return Expectation(
        "expect_column_values_to_be_between",
        column,
        " ".join(f"{column} is {' and '.join(words)} {unit}".split()),
        arguments,
        severity,
    )


def one_of(column: str, values: Sequence[str], severity: Severity = "critical") -> Expectation:
    """Every value that is not null is one of these."""
    return Expectation(
        "expect_column_values_to_be_in_set",
        column,
        f"{column} is one of {', '.join(map(str, values))}",
        {"value_set": list(values)},
        severity,
    )


def matches(column: str, pattern: str, severity: Severity = "critical") -> Expectation:
    """Every value that is not null matches a regular expression from end to end."""
    return Expectation(
        "expect_column_values_to_match_regex",
        column,
        f"{column} matches {pattern}",
        {"regex": f"^(?:{pattern})$"},
        severity,
    )


def holds(column: str, says: str, severity: Severity = "critical") -> Expectation:
    """A condition, computed as a boolean column, is true or null in every row."""
    return Expectation(
        "expect_column_values_to_be_in_set", column, says, {"value_set": [True]}, severity
    )
