"""Where a release holds too few labels, the road goes on without what may be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tambo.cli import journey, stages
from tambo.errors import NoChampionError
from tambo.progress import silent
from tambo.settings import Settings
from training.experiment import models


def test_a_service_whose_model_could_not_be_learnt_is_skipped(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.mlflow_artifacts.mkdir(parents=True)
    assert models()["maintenance_due"].optional
    built = stages._bundle_stage(settings, "fleet").run(silent)
    assert built.skipped
    assert built.line == "fleet: skipped, Model maintenance_due has no champion."
    with pytest.raises(NoChampionError, match="flight_price"):
        stages._bundle_stage(settings, "travel").run(silent)
    asked = journey._question_stage(settings, "fleet").run(silent)
    assert asked.skipped
