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
release. A critical failure ends here: nobody reads what was not checked. The same as
`tambo build`, `tambo validate`, `tambo release`.

One task, because one process holds the lake's lock from the first model to the release: no file
that arrives meanwhile can slip in between. A second task retires old releases; the last ones and
those that a registered model names stay readable. The same as `tambo release --retain`.
"""


@dag(
    dag_id="build_and_release",
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
    def release(params: dict[str, Any] | None = None) -> str:
        from orchestration import steps

        return steps.build_and_release(full_refresh=bool((params or {}).get("full_refresh")))

    @task
    def retire() -> str:
        from orchestration import steps

        return steps.retire()

    release() >> retire()


build_and_release()
