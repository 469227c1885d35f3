"""The DAG files as Airflow reads them: quick, complete, connected, and documented."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from orchestration import home
from tambo.domains import domains, slices
from tambo.settings import PROJECT_ROOT, Settings

# In a process of its own: importing airflow takes over logging, and must not find what the other
# tests have imported.
READ = """
import json, sys, time
began = time.process_time()
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
before, there = set(sys.modules), time.process_time()
bag = DagBag(sys.argv[1])
seconds = {"airflow": there - began, "dags": time.process_time() - there}
packages = sorted({name.split(".")[0] for name in set(sys.modules) - before})

def assets(condition):
    # Only assets and their combinations; each combination lists its parts as `objects`.
    parts = getattr(condition, "objects", None)
    if parts is None:
        return [condition.name]
    return sorted(name for part in parts for name in assets(part))

dags = {}
for dag in bag.dags.values():
    condition = getattr(dag.timetable, "asset_condition", None)
    dags[dag.dag_id] = {
        "doc": dag.doc_md, "description": dag.description, "tags": sorted(dag.tags), "max_active_runs": dag.max_active_runs,
        "waits_for": assets(condition) if condition is not None else [],
        "makes": sorted({out.name for task in dag.tasks for out in task.outlets}),
        "params": {name: param.schema for name, param in dag.params.items()},
        "described": all(param.description for _, param in dag.params.items()),
        "tasks": [
            {"id": task.task_id, "owner": task.owner, "retries": task.retries, "doc": task.doc_md}
            for task in dag.tasks
        ],
    }
json.dump(
    {"dags": dags, "errors": bag.import_errors, "seconds": seconds, "packages": packages},
    open(sys.argv[2], "w"),
)
"""
HEAVY = {
    *(
        "cv2",
        "holidays",
        "icalendar",
        "psycopg",
        "bentoml",
        "dbt",
        "duckdb",
        "feast",
        "great_expectations",
        "mlflow",
        "numpy",
        "onnx",
    ),
    *("onnxruntime", "optuna", "pandas", "pyarrow", "sklearn", "xgboost"),
}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_dags(tmp_path_factory.mktemp("dags"), home.DAGS)


def read_dags(folder: Path, dags: Path, **environment: str) -> dict[str, Any]:
    """What Airflow finds in a folder of DAG files."""
    subprocess.run(
        [sys.executable, "-c", READ, str(dags), str(folder / "read.json")],
        env={**os.environ, **home.environment(Settings(home=folder), 1), **environment},
        cwd=folder,
        check=True,
        timeout=120,
    )
    return json.loads((folder / "read.json").read_text())


@pytest.fixture(scope="module")
def dags(read: dict[str, Any]) -> dict[str, Any]:
    return read["dags"]


def test_every_file_is_read_without_error_and_in_time(read: dict[str, Any]):
    assert read["errors"] == {}
    # CPU beside CPU: how quick a machine is, and how busy, does not matter.
    assert read["seconds"]["dags"] < read["seconds"]["airflow"]


def test_nothing_heavy_is_imported(read: dict[str, Any]):
    assert sorted(HEAVY & set(read["packages"])) == []
    assert "tambo" in read["packages"]


def modules_of(domain: str) -> set[str]:
    """Modules of a domain's slice of training."""
    return {path.stem for path in (PROJECT_ROOT / "training" / domain).glob("*.py")}


def test_every_domain_has_its_dags(dags: dict[str, Any]):
    shared = {"build_and_release", "data_quality", "materialize"}
    own = {f"ingest_{name}" for name in domains()}
    own |= {f"fetch_{name}" for name in domains() if find_spec(f"tambo.sources.{name}.doors")}
    own |= {
        f"stream_{name}"
        for name in domains()
        if find_spec(f"tambo.sources.{name}.stream") or find_spec(f"tambo.intake.{name}")
    }
    own |= {f"train_{name}" for name in domains() if find_spec(f"training.{name}")}
    own |= {f"foretell_{name}" for name in domains() if "foretold" in modules_of(name)}
    own |= {f"bundle_{name}" for name in domains() if find_spec(f"bentos.{name}")}
    named = {"ingest_travel", "fetch_tourism", "stream_fleet", "train_travel", "bundle_travel"}
    assert named | {"foretell_fleet"} <= own
    assert set(dags) == shared | own


def test_a_new_domain_gets_its_dags_without_an_edit(tmp_path: Path):
    for package in ("tambo", "training", "bentos", "orchestration"):
        copy = tmp_path / "tree" / package
        shutil.copytree(PROJECT_ROOT / package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    added = tmp_path / "tree" / "tambo" / "sources" / "astronautics"
    added.mkdir()
    (added / "contracts.yml").touch()
    (tmp_path / "tree" / "training" / "astronautics").mkdir()
    (tmp_path / "tree" / "training" / "astronautics" / "__init__.py").touch()
    # It is told over HTTP, and has no stream.
    (tmp_path / "tree" / "tambo" / "intake" / "astronautics.py").touch()

    tree = tmp_path / "tree"
    found = read_dags(tmp_path, tree / "orchestration" / "dags", PYTHONPATH=str(tree))["dags"]

    assert {"ingest_astronautics", "stream_astronautics", "train_astronautics"} <= set(found)
    assert "bundle_astronautics" not in found
    assert "raw_astronautics" in found["build_and_release"]["waits_for"]
    assert set(found) > {f"ingest_{domain}" for domain in domains()}


def test_dags_say_what_they_do_who_owns_them_and_retry(dags: dict[str, Any]):
    for name, dag in dags.items():
        assert dag["doc"].strip().startswith("### "), name
        assert dag["description"].endswith("."), name
        assert "tambo" in dag["tags"], name
        assert dag["max_active_runs"] == 1, name
        assert dag["described"], name
        for task in dag["tasks"]:
            assert task["owner"] not in ("", "airflow"), (name, task)
            assert task["retries"] >= 2, (name, task)
            assert task["doc"], (name, task)


def test_params_are_typed(dags: dict[str, Any]):
    types = {
        (name, param): schema["type"]
        for name, dag in dags.items()
        for param, schema in dag["params"].items()
    }
    shared = {
        ("build_and_release", "full_refresh"): "boolean",
        ("materialize", "release"): ["null", "integer"],
    }
    ingest = {(f"ingest_{name}", "path"): ["null", "string"] for name in domains()}
    train = {
        (f"train_{name}", "release"): ["null", "integer"]
        for name in domains()
        if ("train_" + name) in dags
    }
    fetch = {(name, "door"): ["null", "string"] for name in dags if name.startswith("fetch_")}
    assert types == shared | ingest | fetch | train


def test_assets_connect_the_chain_from_raw_files_to_the_service(dags: dict[str, Any]):
    def woken_by(name: str) -> set[str]:
        return {
            other for other, dag in dags.items() if set(dag["waits_for"]) & set(dags[name]["makes"])
        }

    for domain in domains():
        assert dags[f"ingest_{domain}"]["waits_for"] == []
        assert woken_by(f"ingest_{domain}") == {"build_and_release"}
        assert woken_by("build_and_release") == {"data_quality", "materialize"}
    for domain in slices("bentos"):
        assert f"train_{domain}" in woken_by("materialize")
        assert woken_by(f"train_{domain}") == {f"bundle_{domain}"}
        assert woken_by(f"bundle_{domain}") == set()
        if f"fetch_{domain}" in dags:
            assert dags[f"fetch_{domain}"]["waits_for"] == []
            assert woken_by(f"fetch_{domain}") == {"build_and_release"}
    assert dags["stream_fleet"]["waits_for"] == []
    assert woken_by("stream_fleet") == {"build_and_release"}
    assert dags["foretell_fleet"]["waits_for"] == ["features"]
    assert woken_by("foretell_fleet") == {"build_and_release"}
    # Raw tables are made new in four ways: by files, doors, what comes by itself, and what is foretold.
    made = [
        name
        for key, dag in dags.items()
        if not key.startswith(("fetch_", "stream_", "foretell_"))
        for name in dag["makes"]
    ]
    assert len(made) == len(set(made)), "two DAGs make the same asset"
    assert {name for dag in dags.values() for name in dag["waits_for"]} <= set(made)


def test_one_task_holds_the_lock_from_build_to_release(dags: dict[str, Any]):
    tasks = dags["build_and_release"]["tasks"]
    assert [task["id"] for task in tasks] == ["release", "retire"]
