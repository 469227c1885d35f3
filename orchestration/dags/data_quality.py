"""data_quality: the account of every file, and the verdict of the gate in full."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options

DOC = """
### Is the lake still good?

First the account of every file: each byte is loaded, a repeat or in quarantine, and the lines in
quarantine are counted by reason. Then the verdict of the gate, suite by suite, with the warnings,
which do not stop a release. If the build or a suite is newer than the verdict, the gate runs. It
fails if a byte is missing or a critical expectation fails. The same as `tambo ingest --report` and
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
