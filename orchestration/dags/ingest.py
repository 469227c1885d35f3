"""ingest_<domain>: raw files into the lake. The chain starts here."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains

DOC = """
Loads every CSV of a folder. Each line ends in the lake or in quarantine; a file that was loaded
before is passed over, so a second run adds nothing. The same as `tambo ingest <path>`.

Its asset is marked as new even if nothing was: a run that died between the load and the mark would
otherwise never be built. Stages that have nothing to do end at once.
"""


def ingest_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"ingest_{domain}",
        doc_md=f"### {domain}: raw files into the lake\n{DOC}",
        schedule=None,
        params={
            "path": Param(
                None,
                type=["null", "string"],
                minLength=1,
                title="Folder",
                description="Folder of raw CSVs, or one file; empty is the sample world.",
            )
        },
        **dag_options("ingest", domain),
    )
    def pipeline() -> None:
        @task(outlets=[assets.raw(domain)])
        def ingest(params: dict[str, Any] | None = None) -> str:
            from orchestration import steps

            return steps.ingest((params or {}).get("path"))

        ingest()

    pipeline()


for each in domains():
    ingest_dag(each)
