"""Great Expectations at work: one suite over chunks of rows, merged into one result.

A fact about chunks: an expectation on each row is met by all rows exactly if it is met in each
chunk, and counts add up. So each chunk is evaluated for counts only; where rows break an
expectation, slices of the chunk are evaluated again for the rows themselves, until enough of them
are known (asking for all rows at once takes minutes on a large chunk).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.frames import CHUNK_ROWS, Scope, chunks
from expectations.suite import Expectation, Suite
from expectations.tally import Tally
from expectations.verdict import SHOWN, SuiteResult

if TYPE_CHECKING:
    import pandas as pd

SLICE_ROWS = 5_000


class Runner:
    """Great Expectations with an ephemeral context; importing it takes seconds, so make one."""

    def __init__(self, chunk_rows: int = CHUNK_ROWS) -> None:
        # Read when the package is imported.
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        import great_expectations as gx
        from great_expectations.expectations.registry import get_expectation_impl

        self._gx = gx
        self._chunk_rows = chunk_rows
        self._implementation = get_expectation_impl
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas("lake").add_dataframe_asset("rows")
        self._rows = asset.add_batch_definition_whole_dataframe("chunk")

    def run(self, connection: duckdb.DuckDBPyConnection, suite: Suite, scope: Scope) -> SuiteResult:
        """Look at every row of a suite."""
        started = time.perf_counter()
        tallies = [Tally(one) for one in suite.expectations]
        rows = 0
        try:
            for frame in chunks(connection, suite, scope, self._chunk_rows):
                rows += len(frame)
                self._look(frame, suite, tallies)
        except duckdb.Error as error:
            # A condition of a contract or a slice that is no SQL over its table.
            for tally in tallies:
                tally.give_up(str(error))
        return SuiteResult(
            suite=suite.name,
            rows=rows,
            expectations=len(suite.expectations),
            failures=tuple(one.failure(suite.name, rows) for one in tallies if one.failed),
            seconds=round(time.perf_counter() - started, 3),
            whole=not scope.only_new(suite.table),
        )

    def _look(self, frame: pd.DataFrame, suite: Suite, tallies: list[Tally]) -> None:
        broken = []
        counted = self._evaluate(frame, [tally.expectation for tally in tallies])
        for tally, result in zip(tallies, counted, strict=True):
            if tally.add(result) and tally.wants_rows:
                broken.append(tally)
        for start in range(0, len(frame), SLICE_ROWS):
            broken = [tally for tally in broken if tally.wants_rows]
            if not broken:
                return
            part = frame[start : start + SLICE_ROWS]
            found = self._evaluate(part, [tally.expectation for tally in broken], suite.keys)
            for tally, result in zip(broken, found, strict=True):
                tally.keep(result)

    def _evaluate(
        self,
        frame: pd.DataFrame,
        expectations: list[Expectation],
        keys: Sequence[str] = (),
    ) -> list[Any]:
        """Results in the order of the expectations; with keys, the rows that break them."""
        numbered = [self._translate(number, one) for number, one in enumerate(expectations)]
        suite = self._gx.ExpectationSuite(name="chunk", expectations=numbered)
        wanted: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
        if keys:
            wanted = {
                "result_format": "SUMMARY",
                "partial_unexpected_count": SHOWN,
                "unexpected_index_column_names": list(keys),
            }
        batch = self._rows.get_batch(batch_parameters={"dataframe": frame})
        results = batch.validate(suite, result_format=wanted).results
        # They come back in another order: those that raised are first.
        return sorted(results, key=lambda result: result.expectation_config.meta["number"])

    def _translate(self, number: int, one: Expectation) -> Any:
        make = self._implementation(one.kind)
        return make(
            column=one.column, severity=one.severity, meta={"number": number}, **one.arguments
        )
