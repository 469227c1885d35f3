"""The response of visitors to spending: what is learned of histories made by a known law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tambo.planning.tourism.response import LAGS, Draws, carried, share_added
from training.tourism.campaign_baseline import baselines
from training.tourism.campaign_fit import align, fit_at, judge_windows
from training.tourism.campaign_history import Campaign, History, Place
from training.tourism.campaign_signals import seasons, signals
from training.tourism.campaign_uplift import judge
from training.tourism.response_fit import Signals, log_density

FIRST, WEEKS, EARLIER = date(2023, 1, 2), 130, 34
SIZES = (40.0, 150.0, 400.0, 900.0)
SCALE = 3.0
"""USD a week at which 63 % of the effect is reached, for each visitor a day."""


def history(effect: float, *, campaigns: int = 7, seed: int = 3, weeks: int = WEEKS) -> History:
    """Four places; spending adds up to a share of the visitors, and carries over by 0.3 a week."""
    random = np.random.default_rng(seed)
    places = tuple(_place(random, n, size, effect, campaigns) for n, size in enumerate(SIZES))
    whole = History(FIRST, 7 * WEEKS, places)
    return until(whole, weeks)


def until(whole: History, weeks: int) -> History:
    """What was known after some weeks."""
    days = 7 * weeks
    return History(
        FIRST,
        days,
        tuple(
            replace(
                one,
                visitors=one.visitors[:, :days],
                weather=one.weather[:, :days],
                school=one.school[:days],
                campaigns={"all": tuple(c for c in one.campaigns["all"] if c.first < days)},
            )
            for one in whole.places
        ),
    )


def _place(
    random: np.random.Generator, n: int, size: float, effect: float, campaigns: int
) -> Place:
    days = np.arange(7 * WEEKS)
    starts = np.sort(random.choice(np.arange(10, WEEKS - 6, 6), campaigns, replace=False))
    lines = tuple(
        Campaign(f"{n}-{k}", "all", 7 * s, 7 * s + 20, size * SCALE * random.uniform(0.3, 3) / 7)
        for k, s in enumerate(starts.tolist())
    )
    spend = np.zeros(WEEKS)
    for one in lines:
        spend[one.first // 7 : one.last // 7 + 1] += 7 * one.daily
    works = sum(0.3**k * np.pad(spend, (k, 0))[:WEEKS] for k in range(LAGS))
    added = effect * (1 - np.exp(-works / (size * SCALE)))
    season = np.exp(0.3 * np.cos(2 * np.pi * days / 365.25))
    mean = size * season * (1 + 0.3 * (days % 7 == 5)) * (1 + added[days // 7])
    mean = mean * np.exp(0.08 * random.normal(size=len(days)))
    return Place(
        name=f"place {n}",
        markets=("all",),
        visitors=random.poisson(mean)[None].astype(float),
        weather=np.full((2, len(days)), np.nan),
        holidays={},
        school=np.zeros(len(days)),
        events={},
        closed=np.zeros(len(days) + 400),
        campaigns={"all": lines},
    )


@pytest.fixture(scope="module")
def found():
    """Learned from campaigns that add up to 20 %."""
    return fit_at(history(0.2), seed=1)


def test_what_is_spent_carries_over_and_saturates():
    draws = Draws(np.array([[0.2]]), np.array([[100.0]]), np.array([0.5]), np.array([0.0]))
    spend = np.zeros((1, LAGS - 1 + 6))
    spend[0, LAGS - 1 + 1] = 100.0
    assert carried(spend, draws.weights())[0, 0] == pytest.approx([0, 100, 50, 25, 12.5, 0])
    share = share_added(draws, spend, np.ones((1, 6)))[0, 0]
    assert share[1] == pytest.approx(0.2 * (1 - np.exp(-1)))
    assert share_added(draws, 1e9 * spend, np.ones((1, 6))).max() == pytest.approx(0.2)


def test_the_gradient_is_that_of_the_density(found):
    theta = 0.5 * np.random.default_rng(0).normal(size=7 + 2 * found.signals.pairs)
    _, gradient = log_density(theta, found.signals)
    for n in range(len(theta)):
        step = np.zeros_like(theta)
        step[n] = 1e-5
        up, down = (log_density(theta + sign * step, found.signals)[0] for sign in (1, -1))
        assert gradient[n] == pytest.approx((up - down) / 2e-5, rel=1e-3, abs=1e-3)


def test_the_response_that_made_a_history_is_found(found):
    spend = np.zeros((4, LAGS - 1 + 3))
    spend[:, LAGS - 1 :] = SCALE * np.array(SIZES)[:, None]
    season = np.ones((4, 3))
    share = share_added(found.draws, spend, season)[:, :, 2]
    true = 0.2 * (1 - np.exp(-(1 + 0.3 + 0.09)))
    low, high = np.quantile(share.mean(axis=1), [0.02, 0.98])
    assert low < true < high
    assert high - low < 0.12
    assert found.learned.evidence[-1].enough
    assert "28 campaigns" in found.learned.evidence[-1].says


def test_the_season_and_level_without_campaigns_are_found(found):
    index = seasons(found.history, found.baselines)
    days = 7 * np.arange(WEEKS) + 3
    true = np.exp(0.3 * np.cos(2 * np.pi * days / 365.25))
    assert np.abs(index / (true / 1.0226) - 1).max() < 0.06
    levels = [np.exp(one.level) for one in found.baselines]
    assert levels == pytest.approx([size * 1.0226 * (1 + 0.3 / 7) for size in SIZES], rel=0.04)


def test_held_out_campaigns_speak_for_the_response(found):
    whole = found.history
    judged = judge_windows(found, lambda weeks: until(whole, WEEKS - weeks), 1, EARLIER, seed=1)
    metrics = judged.joined.metrics()
    assert metrics["campaigns"] > 3
    assert metrics["gain"] > 2
    assert metrics["rmse"] < metrics["no_effect_rmse"]
    assert judge(judged.joined, found).passed


def test_campaigns_that_do_nothing_do_not_pass_the_gate():
    nothing = fit_at(history(0.0, seed=5), seed=1)
    judged = judge_windows(
        nothing, lambda weeks: until(nothing.history, WEEKS - weeks), 1, EARLIER, seed=1
    )
    assert not judge(judged.joined, nothing).passed
    everything = nothing.learned.evidence[-1]
    assert everything.low < 0.02
    assert everything.uplift < 0.05


def test_few_campaigns_are_too_few():
    few = fit_at(history(0.2, campaigns=1, weeks=70), seed=1)
    made = judge_windows(few, lambda weeks: None, 3, 17, seed=1)
    verdict = judge(made.joined, few)
    assert not verdict.passed
    assert {one.name for one in verdict.failed} >= {"beats_no_effect", "enough_campaigns"}
    assert few.learned.evidence[-1].says.startswith("Not enough data for all markets")


def test_a_history_without_campaigns_says_so():
    none = fit_at(history(0.2, campaigns=0, weeks=70), seed=1)
    said = none.learned.evidence[-1]
    assert (said.campaigns, said.enough) == (0, False)
    assert "no campaign" in said.says
    assert none.learned.past == ()


@pytest.mark.parametrize("weeks", [1, 3])
def test_a_short_history_is_learned_from_without_a_response(weeks):
    short = fit_at(history(0.2, weeks=weeks), seed=1)
    verdict = judge(judge_windows(short, lambda weeks: None, 3, 17, seed=1).joined, short)
    assert "enough_weeks" in {one.name for one in verdict.failed}
    assert np.isfinite([one.level for one in short.baselines]).all()


def test_closed_days_and_weekdays_do_not_count_against_a_place():
    whole = history(0.2)
    first = whole.places[0]
    visitors = first.visitors.copy()
    visitors[:, 1::7] = 0.0  # shut on Tuesdays
    closed = first.closed.copy()
    closed[300:330] = 1.0
    visitors[:, 300:330] = 0.0
    shut = replace(first, visitors=visitors, closed=closed)
    found = baselines(replace(whole, places=(shut, *whole.places[1:])))
    mean = SIZES[0] * 1.0226 * 6.3 / 7
    assert np.exp(found[0].level) == pytest.approx(mean, rel=0.06)
    assert found[0].spread < 0.15


def test_what_is_learned_does_not_depend_on_the_run():
    whole = history(0.2, weeks=80)
    first, second = fit_at(whole, seed=2), fit_at(whole, seed=2)
    assert first.learned.to_dict() == second.learned.to_dict()
    assert whole.digest() == history(0.2, weeks=80).digest() != history(0.2, weeks=81).digest()


def test_a_pair_that_came_later_is_taken_for_one_of_its_size(found):
    early = until(found.history, 100)
    before = fit_at(replace(early, places=early.places[:3]), seed=1)
    draws = align(before, found)
    assert draws.beta.shape == (len(before.draws.carry), 4)
    assert (draws.beta[:, 3] == before.draws.beta[:, 2]).all()


def test_a_week_without_spending_is_no_signal(found):
    made: Signals = signals(found.history, found.baselines, 0 * found.history.spend())
    assert not made.pull.any()
    assert not made.curvature.any()
