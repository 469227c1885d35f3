"""train_<domain>: a domain's models, trained at a release, gated and registered."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from airflow.sdk import Param, dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options
from tambo.domains import domains

DOC = """
One task a model. A model is registered if it beats its baselines; if none does, the best baseline
is, under its own name. A model that was trained at this release with this code is passed over.

#### The same by hand

`tambo train <model>`
"""


def train_dag(domain: str) -> None:
    """Declare one domain's DAG."""

    @dag(
        dag_id=f"train_{domain}",
        description=f"{domain}: models trained at a release, gated, registered.",
        doc_md=f"### {domain}: models\n{DOC}",
        # Not at the release itself: training reads by the definitions that were applied with it.
        schedule=[assets.FEATURES],
        params={
            "release": Param(
                None,
                type=["null", "integer"],
                minimum=1,
                title="Release",
                description="Number of a release; empty is the newest.",
            )
        },
        **dag_options("train", domain),
    )
    def pipeline() -> None:
        @task
        def models() -> list[str]:
            """Name the domain's models."""
            from orchestration import steps

            return steps.models_of(domain)

        # One at a time: each takes all cores. Its name stands in the grid in place of a number.
        @task(
            max_active_tis_per_dagrun=1,
            map_index_template="{{ task.op_kwargs['model'] }}",
            doc_md="Train, gate and register one model.",
        )
        def train(model: str, params: dict[str, Any] | None = None) -> str:
            from orchestration import steps

            return steps.train(model, (params or {}).get("release"))

        @task(outlets=[assets.models(domain)])
        def registered(lines: list[str], outlet_events: Any = None) -> list[str]:
            """Tell those who wait that all models are trained."""
            assets.made(assets.models(domain), list(lines), outlet_events)
            return list(lines)

        registered(train.expand(model=models()))

    pipeline()


for each in domains():
    if find_spec(f"training.{each}") is not None:
        train_dag(each)
