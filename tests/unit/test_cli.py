import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tambo import cli
from tambo.cli import app
from tambo.errors import LakeError

VERBS = (
    "doctor",
    "world",
    "ingest",
    "build",
    "validate",
    "release",
    "features",
    "train",
    "bundle",
    "serve",
    "predict",
    "status",
    "drain",
    "audit",
    "metadata",
    "fetch",
    "listen",
    "sensors",
    "export",
    "quarantine",
)
HEAVY = "duckdb dbt feast great_expectations mlflow xgboost sklearn bentoml airflow pandas"


def tambo(*arguments):
    """Run the command line; the last argument is its environment."""
    *command, env = arguments
    return subprocess.run(
        [sys.executable, "-c", "from tambo.cli import main; main()", *command],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", **env},
    )


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself(verb: str) -> None:
    result = CliRunner().invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, tambo.cli; print([m for m in '{HEAVY}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_error_is_printed_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise LakeError("no lake in [here]", remedy="make one [now]")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    printed = capsys.readouterr().err
    assert stop.value.code == 1
    assert "LakeError: no lake in [here]" in printed
    assert "make one [now]" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("verb", ["status", "build", "release", "features", "train"])
def test_a_verb_without_a_lake_names_the_remedy(verb: str, tmp_path) -> None:
    done = tambo(verb, {"TAMBO_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)})
    assert done.returncode == 1
    assert "error" in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TAMBO_THREADS", "abc"),
        ("TAMBO_MEMORY_LIMIT", "lots"),
        ("TAMBO_SERVE_PORT", "99999"),
        ("TAMBO_TOURISM_ZONE", "Lima"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_value(setting, value, tmp_path) -> None:
    done = tambo("status", {"TAMBO_HOME": str(tmp_path / "home"), setting: value})
    assert done.returncode == 1
    assert f"SettingsError: {setting} = '{value}'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "@/none.json"],
        ["predict", "--domain", "none"],
        ["predict", "--domain", "travel", "--model", "none"],
    ],
    ids=["file", "domain", "model"],
)
def test_a_question_that_cannot_be_asked_is_refused(command, tmp_path) -> None:
    done = tambo(*command, {"TAMBO_HOME": str(tmp_path / "home")})
    assert done.returncode == 1
    assert "none" in done.stderr
    assert "Traceback" not in done.stderr
