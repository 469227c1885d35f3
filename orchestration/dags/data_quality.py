"""data_quality: the gate once more on what was released, and its report."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options

DOC = """
### Is the lake still good?

First the account of every file: each byte is loaded, a repeat or in quarantine, and the lines in
quarantine are counted by reason. Then the gate, on what is in the lake now. It fails if a byte is
missing or a critical expectation fails: then a suite has changed, or somebody wrote past the gate.
The same as `tambo ingest --report` and `tambo validate`.
"""


@dag(
    dag_id="data_quality",
    doc_md=DOC,
    schedule=[assets.RELEASE],
    **dag_options("quality"),
)
def data_quality() -> None:
    """Declare the DAG."""

    @task
    def account_for_files() -> str:
        from orchestration import steps

        return steps.account_for_files()

    @task(outlets=[assets.QUALITY])
    def validate() -> str:
        from orchestration import steps

        return steps.validate()

    account_for_files() >> validate()


data_quality()
