from pathlib import Path

import pytest

from tambo.cli.source import claim, folder_source, sample_source
from tambo.errors import SettingsError
from tambo.lake import writer
from tambo.settings import Settings, settings_of


def test_a_home_takes_one_source_and_refuses_another(tmp_path) -> None:
    settings = Settings(home=tmp_path / "home")
    claim(settings, sample_source(settings))
    claim(settings, folder_source(tmp_path / "own"))  # nothing was loaded yet
    with writer(settings, "test"):
        pass
    claim(settings, folder_source(tmp_path / "own"))
    with pytest.raises(SettingsError, match="own, not the sample world"):
        claim(settings, sample_source(settings))


def test_a_world_of_another_size_is_another_source(tmp_path) -> None:
    settings = Settings(home=tmp_path / "home")
    sizes = {
        "world_travellers": 60,
        "world_locations": 30,
        "world_aircraft": 4,
        "world_years": 1,
    }
    for name, value in sizes.items():
        other = settings.model_copy(update={name: value})
        assert sample_source(settings) != sample_source(other)
    assert "1500 travellers, 8 locations, 12 aircraft, 3 years, seed 7" in sample_source(settings)


def test_a_mapping_is_of_ones_own_folder_and_of_nothing_else(tmp_path, monkeypatch) -> None:
    raw, mapping = tmp_path / "drop", tmp_path / "names.yml"
    raw.mkdir()
    monkeypatch.setenv("TAMBO_MAPPING", str(mapping))
    with pytest.raises(SettingsError, match="which is not set") as told:
        settings_of()
    assert told.value.message == "TAMBO_MAPPING reads the files of TAMBO_RAW, which is not set"
    settings = settings_of(raw=raw)
    assert settings.mapping_of(raw) == settings.mapping_of(raw / "a.csv") == mapping
    # Pages of doors and the sample world have the contract's own names.
    assert settings.mapping_of(settings.landing) is settings.mapping_of(settings.world) is None
    assert settings_of(raw=raw, mapping=raw / "other.yml").mapping == raw / "other.yml"


def test_a_folder_of_ones_own_has_a_home_of_its_own(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("TAMBO_HOME", raising=False)
    assert settings_of().home == Path(".tambo")
    assert settings_of(raw=tmp_path / "my data").home == Path(".tambo-my data")
    monkeypatch.setenv("TAMBO_RAW", str(tmp_path / "argo"))
    assert settings_of().home == Path(".tambo-argo")
    monkeypatch.setenv("TAMBO_HOME", "elsewhere")
    assert settings_of().home == Path("elsewhere")
