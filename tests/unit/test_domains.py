"""Slices: a domain runs the shared code and its own, and no other domain's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import toy_domain

from bentos.bundle import served_domain
from bentos.code import code_files
from tambo.cli import stages
from tambo.domains import own_files
from tambo.errors import ContractError, ServingError
from tambo.progress import silent
from tambo.settings import PROJECT_ROOT, Settings
from training.experiment import CODE, models, training_identity

WORLD = """
from types import SimpleNamespace


def sample(settings, out, progress):
    out.mkdir(parents=True)
    (out / "made").touch()
    return SimpleNamespace(rows={"toy_counts": settings.seed}, up_to_date=False)
"""


class _Release:
    number = 1


@pytest.fixture
def root(tmp_path: Path):
    """The project's code in a copy, with a toy domain, which has a request-time module."""
    with toy_domain.declared(tmp_path):
        for name in {*CODE, "tambo", "bentos"}:
            ignored = shutil.ignore_patterns("__pycache__", "sources")
            shutil.copytree(
                PROJECT_ROOT / name, tmp_path / name, ignore=ignored, dirs_exist_ok=True
            )
        (tmp_path / "tambo/requesttime/toy.py").write_text("")
        yield tmp_path


def test_a_slice_is_a_folder_or_a_module_of_the_domains_name(root: Path) -> None:
    def names(domain: str) -> set[str]:
        return {path.name for path in own_files(root / "tambo/requesttime", domain)}

    shared = {"__init__.py", "calendar.py", "request_view.py"}
    assert names("toy") == {*shared, "toy.py"}
    assert names("travel") == {*shared, "flights.py", "hotels.py", "names.py"}
    training = {path.parent.name for path in own_files(root / "training", "toy")}
    assert training == {"training", "forecast", "survival", "toy"}


def test_a_service_takes_its_own_request_time_code_only(root: Path) -> None:
    files = {path.as_posix() for path in code_files(Settings(root=root), "travel")}
    assert "tambo/requesttime/travel/hotels.py" in files
    assert not [name for name in files if "toy" in name]


@pytest.mark.parametrize(
    ("edited", "again"),
    [
        ("training/toy/toy_flow.py", False),
        ("feature_repo/toy/views.py", False),
        ("tambo/requesttime/toy.py", False),
        ("training/travel/flight_price.py", True),
        ("tambo/requesttime/travel/hotels.py", True),
        ("training/scoring.py", True),
        ("tambo/featurestore/asof.py", True),
        ("tambo/serving/spec.py", True),
    ],
)
def test_a_model_is_trained_again_when_code_that_it_runs_has_changed(
    root: Path, edited: str, again: bool
) -> None:
    settings, spec = Settings(root=root), models()["flight_price"]
    before = training_identity(settings, spec, _Release())
    path = root / edited
    path.write_text(path.read_text() + "\n")
    assert (training_identity(settings, spec, _Release()) != before) is again


def test_the_models_of_two_domains_are_trained_by_different_code(root: Path) -> None:
    settings, spec = Settings(root=root), models()["flight_price"]
    other = replace(spec, domain="toy")
    assert training_identity(settings, spec, _Release()) != training_identity(
        settings, other, _Release()
    )


def test_where_nobody_names_a_service_it_is_the_only_one_that_is_bundled(root: Path) -> None:
    settings = Settings(home=root / "home", root=root)
    bentos = settings.bento_home / "bentos"
    with pytest.raises(ServingError, match="holds no bento"):
        served_domain(settings)
    for number, domain in enumerate(("travel", "toy")):
        (bentos / domain).mkdir(parents=True)
        (bentos / domain / "latest").write_text("1")
        if number == 0:
            assert served_domain(settings) == "travel"
    with pytest.raises(ServingError, match="several") as raised:
        served_domain(settings)
    assert raised.value.remedy == "name one: toy, travel"


def test_the_sample_worlds_of_the_domains_lie_apart(root: Path, tmp_path: Path) -> None:
    size = {"world_travellers": 2, "world_locations": 3, "world_aircraft": 2, "world_years": 1}
    settings = Settings(home=tmp_path / "home", **size)
    (root / "tambo/sources/toy/world.py").write_text(WORLD)
    folders = stages.world_folders(settings)
    assert folders == {domain: settings.world / domain for domain in folders}
    assert {"fleet", "tourism", "toy", "travel"} <= set(folders)
    outcome = stages.world_stage(settings).run(silent)
    assert "toy: 7 toy_counts" in outcome.line.split("; ")
    assert [each.split(":")[0] for each in outcome.line.split("; ")] == list(folders)
    assert (settings.world / "toy" / "made").exists()
    assert not (settings.world / "travel" / "made").exists()
    with pytest.raises(ContractError, match="of one domain"):
        stages.world_stage(settings, out=tmp_path / "out")
    stages.world_stage(settings, "toy", tmp_path / "out").run(silent)
    assert (tmp_path / "out" / "made").exists()
