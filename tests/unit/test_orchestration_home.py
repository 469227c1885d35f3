"""Airflow's folder: a password of its own, everything on loopback, nothing reported."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from orchestration import home
from tambo.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_password_is_generated_once_and_only_its_owner_reads_it(settings: Settings, tmp_path: Path):
    password = home.password(settings)
    assert len(password) >= 20
    assert home.password(settings) == password
    assert home.password(Settings(home=tmp_path / "other")) != password
    assert stat.S_IMODE(home.password_file(settings).stat().st_mode) == 0o600


def test_every_address_is_on_loopback(settings: Settings):
    found = home.environment(settings, 12345)
    urls = [value for value in found.values() if re.match("https?://", value)]
    assert f"http://127.0.0.1:{12345}/execution/" in urls
    assert {
        urlsplit(value).netloc
        for name, value in found.items()
        if name.startswith("AIRFLOW__")
        if re.match("https?://", value)
    } == {"127.0.0.1:12345"}
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_everything_is_below_the_home(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(settings.home.parent)
    found = home.environment(Settings(home=Path("home")), 1)
    assert found["TAMBO_HOME"] == str(settings.home)
    for name in (
        "AIRFLOW_HOME",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
    ):
        assert Path(found[name]).is_relative_to(settings.home / "airflow")
    database = found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].removeprefix("sqlite:///")
    assert Path(database).is_relative_to(settings.home / "airflow")


def test_tasks_find_the_folder_that_was_named_from_elsewhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("TAMBO_RAW", raising=False)
    own = Settings(home=settings.home, raw=Path("drop"))
    assert home.environment(own, 1)["TAMBO_RAW"] == str(Path("drop").absolute())
    read_by = own.model_copy(update={"mapping": Path("names.yml")})
    found = home.environment(read_by, 1)
    assert found["TAMBO_MAPPING"] == str(Path("names.yml").absolute())
    assert {"TAMBO_RAW", "TAMBO_MAPPING"}.isdisjoint(home.environment(settings, 1))


def test_nothing_is_reported(settings: Settings):
    found = home.environment(settings, 1)
    assert found["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert found["SCARF_ANALYTICS"] == "false"
