"""The dbt project keeps to its own rules: every model described, one definition of each feature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tambo.domains import domains
from tambo.requesttime import travel
from tambo.settings import Settings
from tambo.sources import contracts

DBT = Settings().root / "dbt"
MODELS = sorted(DBT.glob("models/*/*/*.sql"))
MARTS = [path for path in MODELS if path.parent.name == "marts"]
UNITS = {
    *("BRL", "legs", "trips", "stays", "nights", "km", "hours", "years", "share", "UTC", "name"),
    *("visitors", "days", "days since 1970-01-01", "degrees Celsius", "mm", "percent", "USD"),
    *("rate", "vessels", "flights", "litres per hour", "USD per hour", "score", "score a day"),
    *("standard deviations", "flag", "readings", "degrees Celsius squared", "faults"),
    *("degrees Celsius squared a day", "maintenances", "entries"),
}


def described(path: Path) -> dict[str, Any]:
    """The entry of a model in the yml beside it."""
    (entry,) = yaml.safe_load(path.with_suffix(".yml").read_text())["models"]
    return dict(entry)


def features(path: Path) -> dict[str, dict[str, Any]]:
    """Meta of the feature columns of a mart."""
    found = {}
    for column in described(path)["columns"]:
        meta = column.get("config", {}).get("meta", {})
        if meta.get("feature"):
            found[column["name"]] = meta
    return found


def test_there_are_models() -> None:
    assert len(MARTS) >= 7


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_has_its_own_yml_that_begins_with_the_grain(path: Path) -> None:
    entry = described(path)
    assert entry["name"] == path.stem
    assert entry["description"].startswith("One row per ")
    for column in entry["columns"]:
        assert column["description"].endswith("."), column["name"]
        assert column["data_type"], column["name"]


@pytest.mark.parametrize("path", MARTS, ids=lambda path: path.stem)
def test_marts_have_a_contract_a_key_test_and_unit_tests(path: Path) -> None:
    entry = described(path)
    assert entry["config"]["contract"] == {"enforced": True}
    keys = [test["unique_combination"] for test in entry["data_tests"] if isinstance(test, dict)]
    assert keys[0]["arguments"]["columns"][-1] == "created_timestamp"
    assert yaml.safe_load(path.with_suffix(".yml").read_text())["unit_tests"]


@pytest.mark.parametrize("path", MARTS, ids=lambda path: path.stem)
def test_features_say_unit_range_and_whether_they_are_personal(path: Path) -> None:
    meta = described(path)["config"]["meta"]
    if "feast" not in meta:
        assert meta["label"] is True
        assert not features(path)
        return
    feast = meta["feast"]
    assert feast["entities"]
    assert feast["ttl_reason"]
    assert features(path)
    for name, feature in features(path).items():
        assert feature["unit"] in UNITS | {"category"}, name
        assert feature["nullable"] is True, f"{name}: a key with nothing left has a row of nulls"
        assert feature["personal_data"] == feast["personal_data"], name
        assert feature.get("min", 0) <= feature.get("max", float("inf")), name


def test_windowed_features_have_a_unit_test() -> None:
    for path in MARTS:
        windowed = [name for name in features(path) if name.endswith("_90d")]
        tests = yaml.safe_load(path.with_suffix(".yml").read_text())["unit_tests"]
        tested = " ".join(str(test["expect"]["rows"]) for test in tests)
        for name in windowed:
            assert name in tested, f"{path.stem}.{name}"


def test_no_zone_is_written_but_in_the_contracts() -> None:
    # UTC is the lake's own.
    zones = {contracts.load(domain).zone for domain in domains()} - {"UTC"}
    text = "".join(path.read_text() for path in (DBT / "macros").rglob("*.sql"))
    text += "".join(path.read_text() for path in MODELS)
    assert not [zone for zone in zones if zone in text]
    # Nobody may set the zone of travel: its request-time functions have it too.
    assert "travel_zone" not in Settings.model_fields
    assert travel.ZONE.key == contracts.load("travel").zone


def test_staging_reads_sources_and_nothing_else_does() -> None:
    for path in MODELS:
        text = path.read_text()
        if path.parent.name == "staging":
            assert "ref(" not in text, path.name
        elif path.parent.name == "marts":
            assert "source(" not in text, path.name


def test_the_project_is_no_python_package() -> None:
    assert not list(DBT.rglob("__init__.py"))
