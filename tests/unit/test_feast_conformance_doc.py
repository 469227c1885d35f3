"""docs/feast-conformance.md names tests and value types that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conformance_views import FEATURES, SERVICES
from value_cases import CASES

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs" / "feast-conformance.md").read_text()
SHORT = {"views", "jobs", "materialize", "storage", "types", "monitoring"}


@pytest.mark.parametrize(("file", "test"), sorted(set(re.findall(r"`(\w+)::(\w+)`", PAGE))))
def test_a_test_that_is_named_is_there(file, test):
    stem = f"test_conformance_{file}" if file in SHORT else file
    (path,) = TESTS.glob(f"*/{stem}.py")
    assert f"def {test}(" in path.read_text()


def test_every_test_of_conformance_is_named():
    missing = {
        test
        for name in SHORT
        for test in re.findall(
            r"^def (test_\w+)\(",
            (TESTS / "integration" / f"test_conformance_{name}.py").read_text(),
            re.MULTILINE,
        )
        if test not in PAGE
    }
    assert missing == set()


def test_every_method_of_feasts_interface_has_its_line():
    from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob

    methods = {
        name
        for one in (RetrievalJob, OfflineStore)
        for name in vars(one)
        if name.islower() and not name.startswith("_")
    }
    assert sorted(name for name in methods if f"`{name}`" not in PAGE) == []


def test_every_value_type_and_kind_of_view_has_its_line():
    assert [case.name for case in CASES if f"| {case.name} |" not in PAGE] == []
    named = [*FEATURES, *SERVICES]
    assert [one for one in named if f"[{one}]" not in PAGE and ", one of" not in one] == []
