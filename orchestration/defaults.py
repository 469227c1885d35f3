"""What every DAG has in common, said once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any


def dag_options(stage: str, domain: str | None = None) -> dict[str, Any]:
    """Options of a DAG.

    Args:
        stage: the verb of the command line that it runs.
        domain: whose slice it runs; None where all domains share one stage.
    """
    return {
        "tags": ["tambo", stage, *([] if domain is None else [domain])],
        # Each stage brings its store up to date: a second run beside it has nothing to do.
        "max_active_runs": 1,
        "catchup": False,
        "default_args": {
            "owner": "platform" if domain is None else f"{domain}-data",
            # Every task is idempotent. A retry covers a machine that is busy or restarting.
            "retries": 2,
            "retry_delay": timedelta(seconds=20),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
        },
    }
