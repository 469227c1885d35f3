"""A second domain whose raw files nobody has yet: every stage passes it over, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import toy_domain
import training_home

from tambo.cli import journey, stages
from tambo.cli.road import Outcome, Stage
from tambo.domains import domains
from tambo.errors import ReleaseError
from tambo.lake import ready, releases
from tambo.progress import silent
from tambo.settings import Settings

pytestmark = pytest.mark.slow

SKIPPED = "toy: skipped, no raw files"


@pytest.fixture(scope="module")
def travel(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A published release of travel alone."""
    return training_home.small(tmp_path_factory)


@pytest.fixture(scope="module")
def settings(travel: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The same home, under a project that has a toy domain as well."""
    root = tmp_path_factory.mktemp("project")
    with toy_domain.declared(root, beside=("travel",)):
        assert domains() == ["toy", "travel"]
        yield travel.model_copy(update={"root": root})


def run(stage: Stage) -> Outcome:
    return stage.run(silent)


def skips(several: list[Stage]) -> list[str]:
    """Lines of the stages of the toy domain; the others are not run."""
    return [outcome.line for outcome in map(run, several[:1]) if outcome.skipped]


def test_a_release_says_which_domains_it_holds(settings: Settings) -> None:
    found = ready.in_release(settings, releases.get(settings))
    assert found.domains == ("travel",)
    assert found.notes() == (SKIPPED,)


def test_a_domain_is_ready_with_all_its_raw_tables(settings: Settings) -> None:
    travel = ["users", "flights", "hotels"]
    assert ready.lacking(settings, [*travel, "toy_counts"]) == {}
    assert ready.lacking(settings, ["toy_counts", *travel[:2]]) == {
        "travel": "no raw table hotels: take its files in again"
    }


def test_only_the_definitions_of_the_release_are_applied(settings: Settings) -> None:
    from feature_repo.definitions import all_objects

    assert "toy_flow" in {one.name for one in all_objects()}
    outcome = run(stages.features_stage(settings))
    assert outcome.notes == (SKIPPED,)
    assert outcome.up_to_date, "travel's own definitions are what was published before"


def test_the_proofs_leave_it_out(settings: Settings) -> None:
    from tambo.cli import proof_road

    proved = [rows.model for rows in proof_road.training_rows(settings)]
    assert proved == ["flight_price", "hotel_recommendation", "traveller_gender"]
    assert "toy_flow" not in {one.name for one in proof_road.definitions(settings)}


def test_its_models_are_not_trained(settings: Settings) -> None:
    several = list(stages.train_stages(settings))
    assert [stage.name for stage in several] == ["train", "train", "train", "train"]
    assert skips(several) == [SKIPPED]


def test_it_is_not_bundled(settings: Settings) -> None:
    several = list(stages.bundle_stages(settings))
    assert [stage.name for stage in several] == ["bundle", "bundle"]
    assert skips(several) == [SKIPPED]


def test_its_service_is_not_asked(settings: Settings) -> None:
    several = list(journey.questions(settings))
    assert [stage.name for stage in several] == ["serve", "serve"]
    assert skips(several) == [SKIPPED]


def test_what_somebody_asks_for_is_not_skipped_in_silence(settings: Settings) -> None:
    said = "Release 1 holds nothing of toy: no raw files"
    with pytest.raises(ReleaseError, match=said):
        list(stages.train_stages(settings, "toy_flow"))
    with pytest.raises(ReleaseError, match=said):
        list(stages.bundle_stages(settings, "toy"))
    with pytest.raises(ReleaseError, match=said):
        journey.predict(settings, "toy")


def test_the_skipped_stage_is_printed(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stages.alone(next(iter(stages.bundle_stages(settings))))
    printed = capsys.readouterr().out
    assert printed.startswith("- bundle")
    assert SKIPPED in printed
