"""How the served gender model behaves: the registered champion behind its endpoint."""

from __future__ import annotations

from collections.abc import Callable

import champion_client
import numpy as np
import pytest
import training_home

from bentos.travel.traveller_gender.documentation import TRAVELLER_GENDER
from bentos.travel.traveller_gender.schemas import TravellerGender
from tambo.lake import reader
from tambo.settings import Settings
from tambo.sources.travel.world.names import FEMALE, MALE
from training.experiment import train

pytestmark = pytest.mark.slow

CLASSES = ("male", "female", "none")

Ask = Callable[[list[dict[str, object]]], list[TravellerGender]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """The small world with a trained champion."""
    made = training_home.small(tmp_path_factory)
    train(made, "traveller_gender", trials=1)
    return made


@pytest.fixture(scope="module")
def ask(settings, tmp_path_factory) -> Ask:
    """Ask the champion, with features from the online store."""
    return champion_client.asker(
        settings, TRAVELLER_GENDER, tmp_path_factory.mktemp("champion") / "model"
    )


@pytest.fixture(scope="module")
def people(settings) -> list[tuple[int, str, str]]:
    """Code, first name and gender of all travellers."""
    with reader(settings) as lake:
        return lake.execute(
            "SELECT user_code, arg_max(first_name, seen.created_timestamp) AS name, min(told.gender)"
            " FROM lake.marts.label_traveller_gender AS told"
            " JOIN lake.marts.traveller_profile AS seen USING (user_code)"
            " GROUP BY user_code HAVING name IS NOT NULL ORDER BY user_code"
        ).fetchall()


def chances(answers: list[TravellerGender]) -> np.ndarray:
    return np.array([[getattr(one.probabilities, name) for name in CLASSES] for one in answers])


def test_minimum_chances_sum_to_one_and_who_is_unknown_gets_the_shares(ask, people):
    known = chances(ask([{"userCode": code} for code, _, _ in people]))
    assert len(known) > 100
    assert known.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    (nobody,) = ask([{"userCode": 10**9}])
    shares = [np.mean([gender == one for _, _, gender in people]) for one in CLASSES]
    assert chances([nobody])[0] == pytest.approx(shares, abs=0.1)
    assert (nobody.gender, nobody.coldStart, len(nobody.warnings)) == (None, True, 2)


def test_invariance_the_form_of_a_name_moves_nothing(ask, people):
    names = sorted({name for _, name, _ in people})
    plain = chances(ask([{"name": name} for name in names]))
    for form in (str.upper, str.casefold, lambda name: f"  {name} ", lambda name: f"{name} Souza"):
        assert (chances(ask([{"name": form(name)} for name in names])) == plain).all()


def test_invariance_the_name_that_is_stored_may_be_said(ask, people):
    stored = ask([{"userCode": code} for code, _, _ in people])
    said = ask([{"userCode": code, "name": name} for code, name, _ in people])
    assert (chances(stored) == chances(said)).all()


def test_direction_a_name_of_the_world_gets_the_gender_it_belongs_to(ask):
    men, women = (chances(ask([{"name": name} for name in some])) for some in (MALE, FEMALE))
    assert (men[:, 0] > men[:, 1]).mean() >= 0.8
    assert (women[:, 1] > women[:, 0]).mean() >= 0.8


def test_invariance_a_name_in_letters_that_nobody_has_is_no_name(ask):
    nobody, *strange = ask([{"userCode": 10**9}, {"name": "李小龙"}, {"name": "فاطمة"}])
    assert (chances(strange) == chances([nobody])).all()
    assert [one.gender for one in strange] == [None, None]


def test_abstention_is_where_the_chance_is_low(ask, people):
    for one in ask([{"userCode": code} for code, _, _ in people]):
        highest = max(one.probabilities.male, one.probabilities.female, one.probabilities.none)
        if abs(highest - one.abstain_below) > 1e-6:
            assert (one.gender is not None) == (highest > one.abstain_below)
