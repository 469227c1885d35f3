"""Data docs: what each suite expects and what the last runs found, as a static site."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from expectations.suite import Expectation, Suite
from expectations.verdict import Failure, SuiteResult, Verdict
from tambo.lake.releases import Build
from tambo.settings import Settings

KEPT_RUNS = 5
"""Runs whose pages are kept, so that the index stays short and quick to make."""

logger = logging.getLogger(__name__)


def index(settings: Settings) -> Path | None:
    """First page of the data docs, if they were ever built."""
    page = settings.data_docs / "site" / "index.html"
    return page if page.exists() else None


def of_run(settings: Settings, validation_id: int) -> Path | None:
    """First page of the data docs, if they hold this run."""
    pages = (settings.data_docs / "site").rglob(_run_name(validation_id))
    return index(settings) if any(pages) else None


def publish(settings: Settings, suites: Sequence[Suite], verdict: Verdict, build: Build) -> Path:
    """Add the pages of one run, remove those of old runs, and build the index.

    Returns:
        The first page.
    """
    try:
        _publish(settings, suites, verdict, build)
    except Exception:
        # A run that was killed may have left half a page; all of it can be made again.
        logger.warning("the data docs in %s are made anew", settings.data_docs, exc_info=True)
        shutil.rmtree(settings.data_docs, ignore_errors=True)
        _publish(settings, suites, verdict, build)
    return settings.data_docs / "site" / "index.html"


def _publish(settings: Settings, suites: Sequence[Suite], verdict: Verdict, build: Build) -> None:
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    context = _context(settings)
    _forget_old_runs(settings, verdict.validation_id)
    run = RunIdentifier(run_name=_run_name(verdict.validation_id), run_time=datetime.now(UTC))
    by_name = {suite.name: suite for suite in suites}
    pages: list[Any] = []
    for result in verdict.suites:
        name = ExpectationSuiteIdentifier(name=result.suite)
        page = ValidationResultIdentifier(
            expectation_suite_identifier=name,
            run_id=run,
            batch_identifier=f"build {build.build_id}, snapshot {build.snapshot_id}",
        )
        context.suites.add_or_update(_suite(by_name[result.suite]))
        context.validation_results_store.set(page, _result(by_name[result.suite], result, run))
        pages += [name, page]
    # Where no page is left, those of earlier runs are drawn too.
    drawn = index(settings) is not None
    context.build_data_docs(resource_identifiers=pages if drawn else None)


def _run_name(validation_id: int) -> str:
    return f"validation {validation_id:06d}"


def _context(settings: Settings) -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    settings.data_docs.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(settings.data_docs))
    context.variables.progress_bars = {"globally": False}
    view = {"module_name": "expectations.page_views", "class_name": "OfflinePageView"}
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(settings.data_docs / "site"),
        },
        "site_section_builders": {"expectations": {"view": view}, "validations": {"view": view}},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "view": view},
    }
    if context.variables.data_docs_sites != {"tambo": site}:
        context.variables.data_docs_sites = {"tambo": site}
        context.variables.save()
        # Pages that were drawn in another way.
        shutil.rmtree(settings.data_docs / "site", ignore_errors=True)
    return context


def _forget_old_runs(settings: Settings, newest: int) -> None:
    """Remove pages and results of all runs but the last ones."""
    kept = {_run_name(number) for number in range(newest - KEPT_RUNS + 1, newest + 1)}
    for folder in sorted(settings.data_docs.rglob("validation ??????")):
        if folder.name not in kept:
            shutil.rmtree(folder)


def _suite(suite: Suite) -> Any:
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    return gx.ExpectationSuite(
        name=suite.name,
        expectations=[
            get_expectation_impl(one.kind)(
                column=one.column,
                severity=one.severity,
                description=one.says,
                **one.arguments,
            )
            for one in suite.expectations
        ],
    )


def _result(suite: Suite, result: SuiteResult, run: Any) -> Any:
    """The merged result in the shape that Great Expectations renders."""
    from great_expectations import __version__
    from great_expectations.core import ExpectationSuiteValidationResult

    failed = {(one.kind, one.column, one.severity): one for one in result.failures}
    results = [
        _one(one, result, failed.get((one.kind, one.column, one.severity)))
        for one in suite.expectations
    ]
    met = sum(one.success for one in results)
    return ExpectationSuiteValidationResult(
        suite_name=suite.name,
        success=result.success,
        results=results,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": 100 * met / len(results) if results else None,
        },
        meta={
            "great_expectations_version": __version__,
            "run_id": run,
            "batch_spec": {"data_asset_name": _looked_at(suite, result)},
        },
    )


def _looked_at(suite: Suite, result: SuiteResult) -> str:
    if result.skipped:
        return f"not run; {result.skipped}"
    which = "" if result.whole else " new since the last pass"
    return f"{result.rows:,} rows of {suite.table or 'measures'}{which}"


def _one(one: Expectation, result: SuiteResult, failure: Failure | None) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    unexpected = failure.unexpected if failure else 0
    trouble = failure.trouble if failure else ""
    found: dict[str, Any] = {
        "element_count": result.rows,
        "unexpected_count": unexpected,
        "unexpected_percent": 100 * unexpected / result.rows if result.rows else 0.0,
    }
    if failure:
        # The page's table of values; it has no place of its own for the rows they are in.
        found["partial_unexpected_list"] = failure.places()
    return ExpectationValidationResult(
        success=failure is None and not result.skipped,
        expectation_config=ExpectationConfiguration(
            type=one.kind,
            kwargs={"column": one.column, **one.arguments},
            description=one.says,
            meta={},
            severity=one.severity,
        ),
        result={} if trouble else found,
        exception_info={
            "raised_exception": bool(trouble),
            "exception_message": trouble or None,
            "exception_traceback": None,
        },
        meta={},
    )
