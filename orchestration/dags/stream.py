"""stream_<domain>: what came to a domain by itself, as messages or over HTTP, on to a release."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains
from tambo.settings import get_settings

DOC = """
Services keep what they are told over HTTP on the disk (docs/intake.md), and wake nobody. `tambo
listen` runs beside Airflow: it is no task, since it never ends. It takes readings into the lake by
itself, in micro-batches, and wakes nobody. This DAG takes in what still waits of both, also where
no consumer runs, and has a release made of what has come since the last one.

Where nothing waits for a build the task is skipped.

#### On a clock

`TAMBO_FETCH_SCHEDULE`, as cron has it (`0 * * * *`), before Airflow is started. Without it, you
start this DAG.

#### The same by hand

`tambo drain`, which does so for all domains
"""


def stream_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"stream_{domain}",
        description=f"{domain}: what came by itself, on to a release.",
        doc_md=f"### {domain}: what came by itself\n{DOC}",
        schedule=get_settings().fetch_schedule,
        **dag_options("stream", domain),
    )
    def pipeline() -> None:
        @task(outlets=[assets.raw(domain)])
        def take_in(outlet_events: Any = None) -> str:
            """Take what waits in the domain's spools into the lake."""
            from orchestration import steps

            line = steps.take_in(domain)
            assets.made(assets.raw(domain), line, outlet_events)
            return line

        take_in()

    pipeline()


for each in domains():
    if find_spec(f"tambo.sources.{each}.stream") or find_spec(f"tambo.intake.{each}"):
        stream_dag(each)
