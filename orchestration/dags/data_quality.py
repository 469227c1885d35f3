"""data_quality: the account of every file, and the verdict of the gate in full."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options

DOC = """
### Is the lake still good?

First the account of every file: each byte is loaded, a repeat or in quarantine, and the lines in
quarantine are counted by reason. Then the gate over **every row** of the newest build, whatever
passed before. Runs after each release; start it by hand whenever you want to know.

**Where to look.** The log of `validate`: a line for each suite, then what failed, with values and
rows. The data docs (`make docs` says where) show the same as pages. Warnings do not fail it.

**If it fails.** A byte is missing, or a critical expectation failed: the error names it, the
column, the values and the rows. A release that was made from this build can still be read.

The same as `tambo ingest --report` and `tambo validate --whole`.
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
