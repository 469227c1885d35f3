"""What a steward must know comes down dbt's graph, and is missed where it is not written."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tambo.catalogue import dbt_sources
from tambo.catalogue.graph import Graph
from tambo.catalogue.words import column_words, require_words, words
from tambo.errors import FeatureError
from tambo.settings import PROJECT_ROOT
from tambo.sources import contracts


def model(name: str, *parents: str, schema: str = "intermediate", **meta: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "unique_id": name,
        "name": name,
        "schema": schema,
        "fqn": ["tambo", "sea", schema, name],
        "patch_path": f"tambo://models/sea/{schema}/{name}.yml",
        "depends_on": {"nodes": list(parents)},
        "config": {"meta": meta},
        "columns": {},
    }


MODELS = [
    model("stg_ships", "ships", schema="staging"),
    model("stg_berths", "berths", schema="staging"),
    model("int_berths", "stg_berths", "batches", cleaning="Berths are  merged."),
    model("int_ships", "stg_ships", cleaning="Ships without a flag are left out."),
    model("int_calls", "int_ships", "int_berths", cleaning="Calls are matched."),
    model(
        "port_calls", "int_calls", schema="marts",
        owner="sea-data", granularity="port and day", limits=["No ferries."],
        cleaning="Nights are left out.",
    ),
]  # fmt: skip
SOURCES = {
    "ships": {
        "name": "ships",
        "schema": "raw",
        "meta": {"cleaning": "The harbour strikes wrecks."},
    },
    "berths": {"name": "berths", "schema": "raw"},
    "batches": {"name": "batches", "schema": "audit"},
}


def graph(**changes: Any) -> Graph:
    """The graph, with other meta of the mart; None takes a word away."""
    nodes = {one["name"]: copy.deepcopy(one) for one in MODELS}
    meta = nodes["port_calls"]["config"]["meta"] | changes
    nodes["port_calls"]["config"]["meta"] = {k: v for k, v in meta.items() if v is not None}
    return Graph({"nodes": nodes, "sources": SOURCES})


def test_origin_and_cleaning_come_from_all_that_a_mart_is_made_of() -> None:
    whole = graph()
    (mart,) = whole.marts()
    found = words(whole, mart)
    assert found.origin == ("berths", "ships"), "what is audited is no raw table"
    assert found.cleaning == (
        "The harbour strikes wrecks.",
        "Ships without a flag are left out.",
        "Berths are merged.",
        "Calls are matched.",
        "Nights are left out.",
    )
    assert (found.owner, found.granularity) == ("sea-data", "port and day")
    require_words(whole)


def test_a_mart_that_names_its_origin_is_not_cleaned_by_what_others_need() -> None:
    narrow = graph(origin=["berths"])
    found = words(narrow, next(narrow.marts()))
    assert found.origin == ("berths",)
    assert found.cleaning == ("Berths are merged.", "Calls are matched.", "Nights are left out.")


def test_a_column_says_what_differs() -> None:
    whole = graph()
    mart = words(whole, next(whole.marts()))
    own = {"config": {"meta": {"granularity": "port and hour", "origin": ["ships"]}}}
    assert column_words({}, mart).granularity == "port and day"
    assert column_words(own, mart).granularity == "port and hour"
    assert column_words(own, mart).origin == ("ships",)
    assert column_words(own, mart).limits == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"owner": None}, "no owner"),
        ({"granularity": "", "limits": []}, "no granularity, limits"),
        ({"origin": ["whales", "ships"]}, "origin names whales, of which it is not made"),
    ],
)
def test_a_mart_that_lacks_a_word_is_named_with_its_file(changes: Any, message: str) -> None:
    with pytest.raises(FeatureError) as caught:
        require_words(graph(**changes))
    assert f"port_calls (models/sea/marts/port_calls.yml): {message}" in caught.value.message
    assert "docs/stewards.md" in str(caught.value.remedy)


def test_a_mart_of_what_nobody_cleaned_is_named() -> None:
    made = {
        one["name"]: one
        for one in (model("stg_x", "berths"), graph().manifest["nodes"]["port_calls"])
    }
    made["port_calls"]["depends_on"]["nodes"] = ["stg_x"]
    del made["port_calls"]["config"]["meta"]["cleaning"]
    with pytest.raises(FeatureError, match="no cleaning"):
        require_words(Graph({"nodes": made, "sources": SOURCES}))


def test_a_wrong_origin_of_a_column_is_named() -> None:
    whole = graph(origin=["ships"])
    whole.manifest["nodes"]["port_calls"]["columns"]["berth"] = {
        "name": "berth", "meta": {"origin": ["berths"]},
    }  # fmt: skip
    with pytest.raises(FeatureError, match="origin of column berth names berths"):
        require_words(whole)


def test_the_sources_of_dbt_say_what_the_contracts_say(tmp_path: Path) -> None:
    assert dbt_sources.check(PROJECT_ROOT / "dbt/models") == []
    staging = tmp_path / "tourism" / "staging"
    staging.mkdir(parents=True)
    assert [drift.reason for drift in dbt_sources.check(tmp_path)] == ["is missing"]
    (path,) = dbt_sources.generate(tmp_path)
    assert dbt_sources.check(tmp_path) == []
    (source,) = yaml.safe_load(path.read_text())["sources"]
    declared = contracts.load("tourism")
    assert [one["name"] for one in source["tables"]] == list(declared.tables)
    flow = source["tables"][0]
    assert flow["config"]["meta"]["owner"] == declared.owner
    assert flow["config"]["meta"]["limits"] == declared.tables["tourist_flow"].limits
    times = [one for one in flow["columns"] if one["data_type"] == "timestamp"]
    assert all(one["description"].endswith((", UTC.", "does not say.")) for one in times)
    path.write_text(path.read_text().replace("tourism-data", "nobody"))
    assert [drift.reason for drift in dbt_sources.check(tmp_path)] == ["differs from the contracts"]
