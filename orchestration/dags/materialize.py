"""materialize: a release into the online store."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options

DOC = """
### A release into the online store

Applies the Feast definitions, and writes the newest row of every key of the newest release to the
online store.

#### The same by hand

`tambo features`
"""


@dag(
    dag_id="materialize",
    description="A release into Feast's registry and the online store.",
    doc_md=DOC,
    schedule=[assets.RELEASE],
    params={
        "release": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Release",
            description="Number of a release; empty is the newest.",
        )
    },
    **dag_options("features"),
)
def materialize() -> None:
    """Declare the DAG."""

    @task(outlets=[assets.FEATURES])
    def publish(params: dict[str, Any] | None = None, outlet_events: Any = None) -> str:
        """Apply the definitions and write the newest row of every key."""
        from orchestration import steps

        line = steps.materialize((params or {}).get("release"))
        assets.made(assets.FEATURES, line, outlet_events)
        return line

    publish()


materialize()
