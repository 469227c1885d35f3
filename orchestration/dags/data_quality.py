"""data_quality: the account of every file, and the verdict of the gate in full."""

# mypy: allow-untyped-decorators
from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task  # noqa: TID253 - a DAG file

from orchestration import assets
from orchestration.defaults import dag_options

DOC = """
### Is the lake still good?

First the account of every file: each byte is loaded, a repeat or in quarantine, and the lines in
quarantine are counted by reason. Then the gate over **every row** of the newest build, whatever
passed before. Runs after each release; start it by hand whenever you want to know.

#### Where to look

The log of *validate*: a line for each suite, then what failed, with values and rows. The data docs
show the same as pages; *make docs* says where they are. Warnings do not fail it.

#### If it fails

A byte is missing, or a critical expectation failed: the error names it, the column, the values and
the rows. A release that was made from this build can still be read.

#### The same by hand

`tambo ingest --report`, `tambo validate --whole`
"""


@dag(
    dag_id="data_quality",
    description="Every byte accounted for, every row held against the gate.",
    doc_md=DOC,
    schedule=[assets.RELEASE],
    **dag_options("quality"),
)
def data_quality() -> None:
    """Declare the DAG."""

    @task
    def account_for_files() -> str:
        """Show that no byte of any file is lost; count the quarantine by reason."""
        from orchestration import steps

        return steps.account_for_files()

    @task(outlets=[assets.QUALITY])
    def validate(outlet_events: Any = None) -> str:
        """Hold every row of the newest build against every suite."""
        from orchestration import steps

        line = steps.validate()
        assets.made(assets.QUALITY, line, outlet_events)
        return line

    account_for_files() >> validate()


data_quality()
