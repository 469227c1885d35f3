"""bundle_<domain>: a domain's champions into a Bento. The chain ends here."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains

DOC = """
Copies the champions and the online manifest into a Bento that holds serving dependencies only.
Deploying it is a decision of people: see docs/operations.md.

#### The same by hand

`tambo bundle <domain>`
"""


def bundle_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"bundle_{domain}",
        description=f"{domain}: champions into a service. The chain ends here.",
        doc_md=f"### {domain}: champions into a service\n{DOC}",
        schedule=[assets.models(domain)],
        **dag_options("bundle", domain),
    )
    def pipeline() -> None:
        @task(outlets=[assets.bento(domain)])
        def bundle(outlet_events: Any = None) -> str:
            """Put the champions into a Bento."""
            from orchestration import steps

            line = steps.bundle(domain)
            assets.made(assets.bento(domain), line, outlet_events)
            return line

        bundle()

    pipeline()


for each in domains():
    if find_spec(f"bentos.{each}") is not None:
        bundle_dag(each)
