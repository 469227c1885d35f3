"""Views generated from a manifest: complete, formatted, and watched for drift."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest

from tambo.errors import FeatureError
from tambo.featurestore.generate import check, generate

LONG = "What was once seen of a port stays so until the harbour master says otherwise, in writing. "


def column(name, kind, **meta):
    return {
        "name": name,
        "data_type": kind,
        "description": f'The "{name}" of the port.',
        "config": {"meta": meta},
    }


MART = {
    "resource_type": "model",
    "unique_id": "port_calls",
    "patch_path": "tambo://models/sea/marts/port_calls.yml",
    "depends_on": {"nodes": ["ships", "berths"]},
    "name": "port_calls",
    "schema": "marts",
    "fqn": ["tambo", "sea", "marts", "port_calls"],
    "description": LONG * 2,
    "config": {
        "meta": {
            "granularity": "port and day",
            "cleaning": "Calls without a ship are left out.",
            "limits": ["Boats below ten metres are not counted.", "Nor are ferries."],
            "feast": {
                "entities": ["port"],
                "ttl_days": 0.5,
                "ttl_reason": LONG,
                "owner": "sea-data",
                "tier": "gold",
                "personal_data": True,
            },
        }
    },
    "columns": {
        one["name"]: one
        for one in [
            column("port", "varchar"),
            column("event_timestamp", "timestamp"),
            column("created_timestamp", "timestamp"),
            column("calls", "bigint", feature=True, unit="calls"),
            column(
                "mean_stay_of_all_vessels",
                "double",
                feature=True,
                unit="hours",
                origin=["berths"],
                granularity="port, whatever the day",
                limits=["A stay that has not ended yet counts until now, so it is too short."],
            ),
            column("master", "varchar", feature=True, personal_data=True),
            column("last_ports", "varchar[]", feature=True),
        ]
    },
}
OTHER = {**MART, "name": "stg_ports", "schema": "staging", "config": {"meta": {}}}
SOURCES = {name: {"name": name, "schema": "raw"} for name in ("ships", "berths")}


def manifest(tmp_path, *models):
    path = tmp_path / "manifest.json"
    nodes = {one["name"]: one for one in models}
    path.write_text(json.dumps({"nodes": nodes, "sources": SOURCES}))
    return path


def test_a_generated_module_is_clean_and_holds_the_view(tmp_path):
    (path,) = generate(manifest(tmp_path, MART, OTHER), tmp_path / "out")
    text = path.read_text()
    assert path == tmp_path / "out" / "sea" / "views.py"
    assert "stg_ports" not in text
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check"]):
        subprocess.run([*ruff, *command, str(path)], check=True, capture_output=True)
    assert max(map(len, text.splitlines())) <= 100

    from feast import Entity, FeatureView, ValueType
    from feast.types import Array, String

    port = Entity(name="port", value_type=ValueType.STRING)
    names = {"port": port}
    body = text.replace("from feature_repo.sea.entities import port\n", "")
    exec(compile(body, str(path), "exec"), names)
    view = names["port_calls"]
    assert isinstance(view, FeatureView)
    assert view.description == (LONG * 2).strip()
    assert view.tags == {
        "domain": "sea",
        "tier": "gold",
        "personal_data": "true",
        "ttl_reason": LONG.strip(),
        "origin": "raw.berths, raw.ships",
        "granularity": "port and day",
        "limits": "Boats below ten metres are not counted. Nor are ferries.",
    }
    assert (view.owner, view.ttl.total_seconds()) == ("sea-data", 43_200)
    assert view.batch_source.records
    assert view.batch_source.created_timestamp_column == "created_timestamp"
    features = {one.name: one for one in view.features}
    assert list(features) == ["calls", "mean_stay_of_all_vessels", "master", "last_ports"]
    assert features["last_ports"].dtype == Array(String)
    assert features["calls"].tags == {"unit": "calls"}
    assert features["mean_stay_of_all_vessels"].tags == {
        "unit": "hours",
        "origin": "raw.berths",
        "granularity": "port, whatever the day",
        "limits": "A stay that has not ended yet counts until now, so it is too short.",
    }
    assert features["master"].tags == {"personal_data": "true"}
    assert features["calls"].description == 'The "calls" of the port.'


def test_a_mart_may_have_a_push_source_too(tmp_path):
    pushed = copy.deepcopy(MART)
    pushed["config"]["meta"]["feast"]["push_source"] = "berth_sensors"
    (path,) = generate(manifest(tmp_path, pushed), tmp_path / "out")
    text = path.read_text()
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check"]):
        subprocess.run([*ruff, *command, str(path)], check=True, capture_output=True)

    from feast import Entity, ValueType

    text = text.replace("from feature_repo.sea.entities import port\n", "")
    found = {"port": Entity(name="port", value_type=ValueType.STRING)}
    exec(text, found)
    view = found["port_calls"]
    assert view.stream_source.name == "berth_sensors"
    assert (view.batch_source.table, view.batch_source.records) == ("marts.port_calls", True)


def test_drift_is_reported_and_nothing_is_written(tmp_path):
    out = tmp_path / "out"
    path = manifest(tmp_path, MART)
    assert [drift.reason for drift in check(path, out)] == ["is missing"]
    generate(path, out)
    assert check(path, out) == []
    changed = copy.deepcopy(MART)
    changed["columns"]["calls"]["description"] = "Other."
    before = (out / "sea" / "views.py").read_text()
    assert [drift.reason for drift in check(manifest(tmp_path, changed), out)] == [
        "differs from the marts' meta"
    ]
    assert (out / "sea" / "views.py").read_text() == before
    assert [drift.reason for drift in check(manifest(tmp_path, OTHER), out)] == [
        "has no marts any more"
    ]


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            lambda mart: mart["config"]["meta"]["feast"].pop("owner"),
            r"port_calls \(models/sea/marts/port_calls.yml\): no owner",
        ),
        (lambda mart: mart["config"]["meta"]["feast"].pop("tier"), "meta.feast has no tier"),
        (lambda mart: mart["columns"].pop("created_timestamp"), "created_timestamp"),
        (lambda mart: mart["columns"].pop("port"), "1 entities .* and 0 key columns"),
        (lambda mart: mart["columns"]["calls"].pop("data_type"), "calls of mart port_calls has no"),
        (lambda mart: mart["columns"]["calls"].update(data_type="hugeint"), "is HUGEINT"),
        (lambda mart: mart["columns"]["port"].update(data_type="varchar[]"), "no key can be"),
    ],
)
def test_a_mart_that_is_not_complete_is_named(tmp_path, break_it, message):
    mart = copy.deepcopy(MART)
    break_it(mart)
    with pytest.raises(FeatureError, match=message):
        generate(manifest(tmp_path, mart), tmp_path / "out")


def test_without_a_manifest_the_way_on_is_named(tmp_path):
    with pytest.raises(FeatureError, match="no dbt manifest") as error:
        generate(tmp_path / "manifest.json", tmp_path)
    assert error.value.remedy == "tambo build"


@pytest.mark.parametrize(
    ("says", "column_says", "expected"),
    [(True, False, "true"), (False, True, "true"), (False, False, "false")],
)
def test_one_personal_column_makes_a_personal_view(tmp_path, says, column_says, expected):
    mart = copy.deepcopy(MART)
    mart["config"]["meta"]["feast"]["personal_data"] = says
    mart["columns"]["master"]["config"]["meta"]["personal_data"] = column_says
    (path,) = generate(manifest(tmp_path, mart), tmp_path / "out")
    view_tags = path.read_text().rpartition("    tags={\n")[2]
    assert f'"personal_data": "{expected}",' in view_tags
