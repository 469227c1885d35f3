"""fetch_<domain>: what has come at the domain's doors, into the lake."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.sdk import Param, dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains
from tambo.settings import get_settings

DOC = """
One task a door: a database, an API, a camera, a calendar. Each reads what has come since it was
read last, keeps it safe page by page, and takes it into the lake. A task that was killed goes on
where it was. A door that is not configured is skipped, and its log says what to set.

A source that is away is tried again; what was read until then is in the lake. A source that
refuses, an expired key say, fails at once.

Where nothing waits for a build the task is skipped, and wakes nobody.

#### On a clock

`TAMBO_FETCH_SCHEDULE`, as cron has it (`0 * * * *`), before Airflow is started. Without it, you
start this DAG.

#### The same by hand

`tambo fetch <domain> <door>`; `tambo fetch` lists the doors, and how far each was read.
"""


def fetch_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"fetch_{domain}",
        description=f"{domain}: what has come at its doors, into the lake.",
        doc_md=f"### {domain}: what has come at its doors\n{DOC}",
        schedule=get_settings().fetch_schedule,
        params={
            "door": Param(
                None,
                type=["null", "string"],
                minLength=1,
                title="Door",
                description="Name of one door; empty is each that is configured.",
            )
        },
        **dag_options("fetch", domain),
    )
    def pipeline() -> None:
        @task
        def doors(params: dict[str, Any] | None = None) -> list[str]:
            """Name the domain's doors."""
            from orchestration import steps

            return steps.doors_of(domain, (params or {}).get("door"))

        @task(
            outlets=[assets.raw(domain)],
            map_index_template="{{ task.op_kwargs['door'] }}",
            doc_md="Fetch one door, and take what came into the lake.",
        )
        def fetch(door: str, outlet_events: Any = None) -> str:
            from orchestration import steps

            line = steps.fetch(domain, door)
            assets.made(assets.raw(domain), line, outlet_events)
            return line

        fetch.expand(door=doors())

    pipeline()


for each in domains():
    if find_spec(f"tambo.sources.{each}.doors") is not None:
        fetch_dag(each)
