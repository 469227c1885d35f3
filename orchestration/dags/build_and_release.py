"""build_and_release: raw tables to a release that passed the gate."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from typing import Any

from airflow.sdk import AssetAny, Param, dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains

DOC = """
### Raw tables to a release

dbt builds the marts, Great Expectations checks raw and marts, and what passes becomes the next
release. A critical failure ends here: nobody reads what was not checked.

#### Two tasks

*release* is one task, because one process holds the lake's lock from the first model to the
release: no file that arrives meanwhile can slip in between. *retire* then retires old releases; the
last ones and those that a registered model names stay readable.

#### If it fails

The error names the dbt model, or the expectation with its column, values and rows. Correct them in
their source and take them in again: the newest release stays what it was.

#### The same by hand

`tambo build`, `tambo validate`, `tambo release --retain`
"""


@dag(
    dag_id="build_and_release",
    description="Raw tables to a release: dbt, the gate, a number.",
    doc_md=DOC,
    schedule=AssetAny(*[assets.raw(domain) for domain in domains()]),
    params={
        "full_refresh": Param(
            False,
            type="boolean",
            title="Full refresh",
            description="Compute every mart from nothing.",
        )
    },
    **dag_options("release"),
)
def build_and_release() -> None:
    """Declare the DAG."""

    @task(outlets=[assets.RELEASE])
    def release(params: dict[str, Any] | None = None, outlet_events: Any = None) -> str:
        """Build, validate and release while nobody else writes."""
        from orchestration import steps

        line = steps.build_and_release(full_refresh=bool((params or {}).get("full_refresh")))
        assets.made(assets.RELEASE, line, outlet_events)
        return line

    @task
    def retire() -> str:
        """Retire old releases that nothing names."""
        from orchestration import steps

        return steps.retire()

    release() >> retire()


build_and_release()
