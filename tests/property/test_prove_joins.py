"""`tambo prove joins`: it compares what it says, and finds a join that is wrong."""

from __future__ import annotations

import builtins

import pytest

from tambo.errors import ProofError
from tambo.proofs.hand_lake import SERVICES, View
from tambo.proofs.joins import prove_joins

pytestmark = pytest.mark.slow


def test_the_store_joins_generated_tables_as_brute_force_does():
    told = []
    proof = prove_joins(examples=12, seed=3, progress=lambda *call: told.append(call))
    assert proof.holds, proof.counterexample
    assert proof.examples == 12
    assert proof.tables >= 12
    assert proof.filled > 500
    assert proof.cells > proof.entity_rows
    assert told[-1] == ("generated tables", 11, 12)


def test_every_way_to_read_a_table_is_asked_for():
    """Nothing that a proof should vary was forgotten."""
    views = [view for views in SERVICES.values() for view in views]
    assert {view.table for view in views} == {"any", "zoned", "once", "records"}
    assert {len(view.keys) for view in views} == {0, 1, 2}
    assert any(not view.created for view in views)
    assert len({view.ttl for view in views}) == 5


def test_a_wrong_join_is_found_and_its_case_made_small():
    """A source that says its rows are records is joined as if they were; these are not."""
    proof = prove_joins(examples=40, seed=1, services={"wrong": (View("wrong", records=True),)})
    assert not proof.holds
    assert proof.counterexample.startswith("view wrong (table any; keys number, name; records)")
    assert 1 <= proof.counterexample.count("table row") <= 3
    assert proof.counterexample.count("entity row") == 1


def test_without_hypothesis_the_command_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "hypothesis":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ProofError, match="not installed") as error:
        prove_joins(examples=1, seed=1)
    assert "pip install hypothesis" in error.value.remedy
