"""What a service installs: cut from the lock, pinned, hashed, and nothing that trains."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from bentos import fleet
from bentos.code import NOT_SERVED, SHARED, code_files, code_hash
from bentos.requirements import FORBIDDEN, ROOTS, serving_requirements
from tambo.errors import ServingError
from tambo.settings import PROJECT_ROOT, Settings

LOCK = PROJECT_ROOT / "requirements.lock"


def test_every_package_is_pinned_and_hashed_and_none_is_forbidden():
    text = serving_requirements(LOCK)
    names = re.findall(r"^([a-z0-9-]+)==\S+ \\$", text, re.MULTILINE)
    assert len(names) == len([line for line in text.splitlines() if not line.startswith(" ")])
    assert set(ROOTS) <= set(names)
    assert not set(names) & FORBIDDEN
    assert all(
        line.strip().startswith("--hash=sha256:")
        for line in text.splitlines()
        if line.startswith(" ")
    )
    assert "index" not in text
    assert "://" not in text


def test_the_fleet_installs_its_optimiser_and_what_that_imports_alone():
    def names(packages) -> set[str]:
        text = serving_requirements(LOCK, (*ROOTS, *packages))
        return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))

    more = names(fleet.PACKAGES)
    assert "ortools" in more - names(())
    assert more & FORBIDDEN == {"pandas"}


def test_a_service_that_would_install_a_trainer_is_refused():
    with pytest.raises(ServingError, match="pandas"):
        serving_requirements(LOCK, (*ROOTS, "feast"))


def test_a_package_that_nobody_locked_is_named(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "\n".join(line for line in LOCK.read_text().splitlines() if not line.startswith("redis=="))
    )
    with pytest.raises(ServingError, match="redis"):
        serving_requirements(lock)
    with pytest.raises(ServingError, match="not installed"):
        serving_requirements(LOCK, ("no-such-package",))


@pytest.mark.parametrize("domain", ["travel", "tourism", "fleet"])
def test_the_served_code_imports_nothing_that_a_service_does_not_install(tmp_path, domain):
    """The service's modules, loaded from a copy, in a process that sees nothing of the project."""
    from bentos.code import copy_code

    copy_code(Settings(home=tmp_path), domain, tmp_path / "src")
    forbidden = {
        "feast",
        "pandas",
        "pyarrow",
        "duckdb",
        "mlflow",
        "dbt",
        "airflow",
        "tensorflow",
        "xgboost",
        "sklearn",
        "pickle5",
        "dill",
    }
    code = (
        f"import sys; import bentos.{domain}.service, tambo.featurestore.online.redis_store,"
        "tambo.featurestore.online.sqlite_store;"
        "import tambo; print(tambo.__file__);"
        f"print(sorted({forbidden} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "src",
        capture_output=True,
        text=True,
        check=True,
        env={
            "PYTHONPATH": str(tmp_path / "src"),
            "BENTOML_DO_NOT_TRACK": "True",
            "HOME": str(tmp_path),
            "BENTOML_HOME": str(tmp_path / "b"),
        },
    )
    where, found = done.stdout.strip().splitlines()
    assert where == str(tmp_path / "src" / "tambo" / "__init__.py")
    assert found == "[]"


def test_the_code_hash_moves_with_the_code(tmp_path):
    settings = Settings(home=tmp_path, root=tmp_path / "root")
    for path in code_files(Settings(home=tmp_path), "travel"):
        target = settings.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((PROJECT_ROOT / path).read_bytes())
    before = code_hash(settings, "travel")
    assert before == code_hash(Settings(home=tmp_path), "travel")
    changed = settings.root / "bentos" / "travel" / "flight_price" / "pricing.py"
    changed.write_text(changed.read_text() + "\n")
    assert code_hash(settings, "travel") != before
    (settings.root / "bentos" / "travel" / "example.py").write_text("import duckdb\n")
    assert not [path for path in code_files(settings, "travel") if path.name == "example.py"]
    assert NOT_SERVED


def test_code_that_moved_is_noticed(tmp_path):
    with pytest.raises(ServingError, match=re.escape(SHARED[0])):
        code_files(Settings(home=tmp_path, root=tmp_path), "travel")
