"""What the gate found: results by suite, failures with their values and rows, and the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SHOWN = 20
"""Most values and rows of one failed expectation that are kept."""

SAID = 5
"""Most of them that an error names."""


@dataclass(frozen=True)
class Failure:
    """One expectation that was not met.

    Attributes:
        suite: name of its suite.
        kind: Great Expectations' name of it.
        column: the column it is about.
        says: the expectation in words.
        severity: critical or warning.
        unexpected: how many rows broke it.
        checked: how many rows were looked at.
        values: some of the values found.
        rows: some of the rows, by their key columns.
        trouble: why it could not be evaluated, if so.
    """

    suite: str
    kind: str
    column: str
    says: str
    severity: str
    unexpected: int
    checked: int
    values: Sequence[Any] = ()
    rows: Sequence[Mapping[str, Any]] = ()
    trouble: str = ""

    def places(self) -> list[str]:
        """Each value found, and the row it was found in."""
        return [
            f"{value} in " + ", ".join(f"{k}={v}" for k, v in row.items() if k != self.column)
            for value, row in zip(self.values, self.rows, strict=True)
        ]

    def __str__(self) -> str:
        head = f"{self.suite}: expected that {self.says}"
        if self.trouble:
            return f"{head}; it could not be evaluated: {self.trouble}"
        places = [f"found {place}" for place in self.places()[:SAID]]
        head = f"{head}; {self.unexpected:,} of {self.checked:,} rows break it"
        return "\n      ".join([head, *places])


@dataclass(frozen=True)
class SuiteResult:
    """What one suite found.

    Attributes:
        suite: its name.
        rows: how many rows were looked at.
        expectations: how many things were expected of them.
        failures: those that were not met, warnings among them.
        seconds: how long it took.
        whole: the table was read from its first row; else only rows new since the last pass.
        skipped: why it was not run, if so.
    """

    suite: str
    rows: int
    expectations: int
    failures: Sequence[Failure] = ()
    seconds: float = 0.0
    whole: bool = True
    skipped: str = ""

    @property
    def success(self) -> bool:
        """Whether nothing critical failed."""
        return all(failure.severity != "critical" for failure in self.failures)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SuiteResult:
        """Read back what `to_json` wrote."""
        failures = tuple(Failure(**failure) for failure in data["failures"])
        return cls(
            **{name: at for name, at in data.items() if name != "success"} | {"failures": failures}
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for the audit row."""
        return asdict(self) | {"success": self.success}


@dataclass(frozen=True)
class Verdict:
    """What one run of the gate found.

    Attributes:
        validation_id: row of audit.validations.
        build_id: the dbt build that was looked at.
        snapshot_id: the lake snapshot that was looked at.
        success: nothing critical failed; the build may be released.
        suites: results, in the order in which they were run.
        released: number of the release that was made from this build before it failed.
        up_to_date: the same build had passed the same suites before; nothing was run.
        seconds: how long it took.
        data_docs: first page of the static data docs, None if they were never built.
    """

    validation_id: int
    build_id: int
    snapshot_id: int
    success: bool
    suites: Sequence[SuiteResult]
    released: int | None = None
    up_to_date: bool = False
    seconds: float = 0.0
    data_docs: Path | None = field(default=None, compare=False)

    @property
    def whole(self) -> bool:
        """Whether every row was looked at, not only those new since the last pass."""
        return all(result.whole for result in self.suites)

    @property
    def failures(self) -> list[Failure]:
        """Critical failures of all suites."""
        return self._of("critical")

    @property
    def warnings(self) -> list[Failure]:
        """Failures that do not stop the release."""
        return self._of("warning")

    def line(self) -> str:
        """One line for people."""
        expectations = sum(result.expectations for result in self.suites)
        rows = sum(result.rows for result in self.suites)
        words = f"{len(self.suites)} suites, {expectations} expectations, {rows:,} rows read"
        warned = len(self.warnings)
        return f"{words}, {warned} warning{'s' * (warned != 1)}" if warned else words

    def _of(self, severity: str) -> list[Failure]:
        return [
            failure
            for result in self.suites
            for failure in result.failures
            if failure.severity == severity
        ]
