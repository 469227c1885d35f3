"""data_quality: the gate once more on what was released, and its report."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options

DOC = """
### Is the lake still good?

Runs the gate on what is in the lake now, and counts what went to quarantine. It fails if a
critical expectation fails: then a suite has changed, or somebody wrote past the gate. The same as
`tambo validate`.
"""


@dag(
    dag_id="data_quality",
    doc_md=DOC,
    schedule=[assets.RELEASE],
    **dag_options("quality"),
)
def data_quality() -> None:
    """Declare the DAG."""

    @task(outlets=[assets.QUALITY])
    def validate() -> str:
        from orchestration import steps

        return steps.validate()

    validate()


data_quality()
