"""What all tests share: fast ones first, no telemetry, no program left behind."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

from tambo.featurestore.unchecked import leave_feast_unchecked

# The verdict on a commit is the same wherever and whenever it is tested, however slow the machine;
# `make explore` draws new examples at random, and what it finds becomes an @example.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", patient, derandomize=True)
settings.register_profile("explore", patient, derandomize=False, print_blob=True)
settings.load_profile("repeatable")

# Before any library is imported: each of these switches one library's telemetry off.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("SCARF_ANALYTICS", "false")

# Two workers share two cores. On small tables a second thread of DuckDB takes half as much CPU again,
# as it waits for work; tests of what several threads do say so themselves.
os.environ.setdefault("TAMBO_THREADS", "1")
# The same of the libraries that train.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# As in the product, whichever module of Feast's a test imports first.
leave_feast_unchecked()

# Where the tests run in the background, a shell has SIGINT ignored, and all that they start would
# inherit it; some test what Ctrl-C does.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ORDER = ("unit", "property", "behaviour", "integration", "e2e")
SLOW_ORDER = ("e2e", "property", "integration", "behaviour", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run fast tests first, so that a broken line is seen early; of the slow ones the slowest.

    Whole files are dealt to the workers: with the longest at the end, one worker would wait.
    """

    def rank(item: pytest.Item) -> tuple[bool, int]:
        kind = next((part for part in item.path.parts if part in ORDER), ORDER[-1])
        slow = item.get_closest_marker("slow") is not None
        return slow, (SLOW_ORDER if slow else ORDER).index(kind)

    items.sort(key=rank)
