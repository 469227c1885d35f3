"""foretell_<domain>: predictions that are features, made out of time, on to a release."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains

DOC = """
At each origin that is due (the first of a month) a model is fitted on what was known by then, and
its answers come into raw tables, where they stay. A release with them is made as after any files;
where nothing is due the task is skipped, and so the chain ends.

#### The same by hand

`tambo foretell`
"""


def foretell_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"foretell_{domain}",
        description=f"{domain}: predictions that are features, on to a release.",
        doc_md=f"### {domain}: what is foretold\n{DOC}",
        # Not at the release itself: features are read by the definitions that were applied with it.
        schedule=[assets.FEATURES],
        **dag_options("foretell", domain),
    )
    def pipeline() -> None:
        @task(outlets=[assets.raw(domain)])
        def foretell(outlet_events: Any = None) -> str:
            """Answer what is due, and take the answers into the lake."""
            from orchestration import steps

            line = steps.foretell(domain)
            assets.made(assets.raw(domain), line, outlet_events)
            return line

        foretell()

    pipeline()


for each in domains():
    if find_spec(f"training.{each}.foretold") is not None:
        foretell_dag(each)
