"""The count of one expectation over all chunks, with some of the values and rows that break it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from expectations.suite import Expectation
from expectations.verdict import SHOWN, Failure


class Tally:
    """Adds up what Great Expectations found of one expectation in each chunk."""

    def __init__(self, expectation: Expectation) -> None:
        self.expectation = expectation
        self._unexpected = 0
        self._trouble = ""
        self._values: list[Any] = []
        self._rows: list[dict[str, Any]] = []

    @property
    def failed(self) -> bool:
        """Whether any row broke it, or it could not be evaluated."""
        return self._unexpected > 0 or bool(self._trouble)

    @property
    def wants_rows(self) -> bool:
        """Whether more of the rows that break it should be looked up."""
        return not self._trouble and len(self._rows) < SHOWN

    def add(self, result: Any) -> bool:
        """Add one chunk's counts; says whether rows of this chunk break it."""
        count = result.result.get("unexpected_count")
        if count is None:
            # A column that is missing or of another type has no counts, only an exception.
            self._trouble = _exception(result.exception_info) or "no counts were returned"
            return False
        self._unexpected += int(count)
        return int(count) > 0

    def give_up(self, trouble: str) -> None:
        """Note why it cannot be evaluated at all."""
        self._trouble = trouble

    def keep(self, result: Any) -> None:
        """Keep the values and rows of a slice that break it."""
        for row in result.result.get("partial_unexpected_index_list") or ():
            if len(self._rows) == SHOWN:
                return
            cells = {name: plain(value) for name, value in row.items()}
            self._values.append(cells.get(self.expectation.column))
            self._rows.append(cells)

    def failure(self, suite: str, checked: int) -> Failure:
        """What there is to report."""
        one = self.expectation
        return Failure(
            suite=suite,
            kind=one.kind,
            column=one.column,
            says=one.says,
            severity=one.severity,
            unexpected=self._unexpected,
            checked=checked,
            values=tuple(self._values),
            rows=tuple(self._rows),
            trouble=self._trouble,
        )


def plain(value: Any) -> Any:
    """A cell of a frame as JSON can hold it."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isinf(value):
            return "infinite or not a number"
        if math.isnan(value):
            return None
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        # Pandas' missing time has no isoformat of its own.
        return None if value != value else value.isoformat(" ")  # noqa: PLR0124
    return str(value)


def _exception(info: Mapping[str, Any]) -> str:
    """Message of the exception that Great Expectations kept, wherever it put it."""
    if info.get("raised_exception"):
        return str(info.get("exception_message"))
    for inner in info.values():
        if isinstance(inner, Mapping) and (message := _exception(inner)):
            return message
    return ""
