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
before is passed over, so a second run adds nothing. *tambo quarantine* lists the lines that were
not loaded, with their reasons, and takes them back corrected.

Its asset is marked as new even if nothing was: a run that died between the load and the mark would
otherwise never be built. Stages that have nothing to do end at once.

#### The same by hand

`tambo ingest <path>`
"""


def ingest_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"ingest_{domain}",
        description=f"{domain}: raw files into the lake. The chain starts here.",
        doc_md=f"### {domain}: raw files into the lake\n{DOC}",
        schedule=None,
        params={
            "path": Param(
                None,
                type=["null", "string"],
                minLength=1,
                title="Folder",
                description="Folder of raw CSVs, or one file, on this machine; empty is the folder "
                "that Airflow was started for (RAW), else the sample world.",
            )
        },
        **dag_options("ingest", domain),
    )
    def pipeline() -> None:
        @task(outlets=[assets.raw(domain)])
        def ingest(params: dict[str, Any] | None = None, outlet_events: Any = None) -> str:
            """Load a folder; each line ends in the lake or in quarantine."""
            from orchestration import steps

            line = steps.ingest(domain, (params or {}).get("path"))
            assets.made(assets.raw(domain), line, outlet_events)
            return line

        ingest()

    pipeline()


for each in domains():
    ingest_dag(each)
