"""The campaign plan: what it says, what it refuses, and how a running one is planned again."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from campaign_plans import FIRST, LAST, learned

from tambo.errors import PlanError
from tambo.planning.tourism.learned import RESPONSE_FILE, Learned, Spend
from tambo.planning.tourism.offpeak import off_peak
from tambo.planning.tourism.outlook import Expected, weeks_of
from tambo.planning.tourism.plan import make_plan, replan
from tambo.planning.tourism.request import Limit, PlanRequest
from tambo.planning.tourism.seasons import season_index

WEEK = timedelta(weeks=1)
REQUEST = PlanRequest(5_000.0, FIRST, LAST, off_peak=None, value_per_visitor=12.0)


def test_a_plan_adds_up():
    plan = make_plan(learned(), REQUEST)
    assert plan.basis == "response"
    assert sum(row.spend for row in plan.rows) == pytest.approx(5_000.0)
    assert all(0 < row.visitors_low < row.visitors < row.visitors_high for row in plan.rows)
    assert plan.total.spend == pytest.approx(5_000.0)
    assert sum(row.extra.expected for row in plan.rows) == pytest.approx(plan.total.extra.expected)
    for parts in (plan.by_location, plan.by_market):
        assert sum(one.spend for one in parts) == pytest.approx(5_000.0)
        assert sum(one.extra.expected for one in parts) == pytest.approx(plan.total.extra.expected)
    assert plan.total.extra.low < plan.total.extra.expected < plan.total.extra.high
    assert plan.total.cost_per_visitor == pytest.approx(5_000.0 / plan.total.extra.expected)
    assert plan.total.return_per_usd == pytest.approx(12.0 * plan.total.extra.expected / 5_000.0)
    assert plan.unspent == 0.0
    assert plan.total.extra.expected == pytest.approx(plan.bound)


def test_the_season_that_plans_see_has_a_mean_of_one_over_a_year():
    weeks = [date(2025, 12, 29) + n * WEEK for n in range(52)]
    index = season_index(np.array([[0.5, 0.1, 0.1, 0.0]]), weeks)
    assert index.mean() == pytest.approx(1.0, abs=0.01)
    assert index.max() > 1.4


def test_only_off_peak_weeks_are_planned_and_their_gap_is_told():
    known = learned()
    request = replace(REQUEST, last=date(2026, 12, 13), off_peak=0.8)
    plan = make_plan(known, request)
    peak = known.outlook(request.weeks)
    share = peak.by_location(peak.middle) / peak.by_location(peak.usual)[:, None]
    assert len(plan.gaps) == int((share < 0.8).sum())
    told = {(gap.location, gap.week) for gap in plan.gaps}
    assert {(row.location, row.week) for row in plan.rows if row.spend} <= told
    for gap in plan.gaps:
        assert gap.gap == pytest.approx(gap.usual - gap.expected)
        assert gap.share < 0.8


def test_the_segments_of_a_market_share_it_as_so_far_or_as_asked():
    request = replace(REQUEST, markets=("domestic",), segments={"domestic": {"a": 0.25, "b": 0.75}})
    spent: dict[str, float] = {}
    for row in make_plan(learned(), request).rows:
        spent[row.segment] = spent.get(row.segment, 0.0) + row.spend
    assert spent == {"a": pytest.approx(1_250.0), "b": pytest.approx(3_750.0)}
    plain = make_plan(learned(), replace(REQUEST, markets=("domestic",)))
    assert {row.segment for row in plain.rows} == {"culture", "families"}


def test_a_forecast_takes_the_place_of_the_season():
    known = learned()
    week = FIRST + WEEK
    forecast = [Expected("Playa", "all", week, 50.0, 100.0, 200.0)]
    outlook = known.outlook(weeks_of(FIRST, LAST)).with_forecast(forecast)
    assert outlook.by_location(outlook.middle)[1, 1] == pytest.approx(100.0)
    assert outlook.spread[1, 1] == pytest.approx(np.log(4) / 2 / 1.28155, rel=1e-3)
    assert any(gap.location == "Playa" for gap in off_peak(outlook, 0.9) if gap.week == week)


def test_where_a_place_is_shut_nothing_is_spent():
    known = learned()
    shut = replace(known.profiles[0], closed=((FIRST, FIRST + 2 * WEEK - timedelta(days=1)),))
    gone = replace(known.profiles[3], counted=False)
    plan = make_plan(
        replace(known, profiles=(shut, *known.profiles[1:3], gone)), replace(REQUEST, budget=1e5)
    )
    assert min(row.week for row in plan.rows if row.location == "Huaca") == FIRST + 2 * WEEK
    assert "Museo" not in {row.location for row in plan.rows}


def test_without_a_response_the_gaps_decide_and_nobody_is_promised():
    plan = make_plan(learned(enough=False), replace(REQUEST, off_peak=5.0))
    assert plan.basis == "gaps"
    assert "Not enough data" in plan.says
    assert "missing" in plan.says
    assert plan.total.extra is None
    assert plan.total.cost_per_visitor is plan.total.return_per_usd is plan.bound is None
    assert all(row.extra is None for row in plan.rows)
    assert plan.total.spend == pytest.approx(5_000.0)
    spent = {(row.location, row.week): 0.0 for row in plan.rows}
    for row in plan.rows:
        spent[row.location, row.week] += row.spend
    gaps = {(gap.location, gap.week): max(gap.gap, 0.0) for gap in plan.gaps}
    most = max(gaps, key=lambda key: gaps[key])
    assert spent[most] == max(spent.values())


def test_a_market_of_which_too_little_is_known_is_named():
    plan = make_plan(learned(), replace(REQUEST, budget=50_000.0))
    assert "not enough data on brazil alone" in plan.says
    assert [one.market for one in plan.evidence if not one.enough] == ["brazil"]


def test_last_years_plan_is_scaled_to_the_budget():
    plan = make_plan(learned(), REQUEST)
    assert plan.last_year.total.spend == pytest.approx(5_000.0)
    assert {(one.location, one.market) for one in plan.last_year.spends} == {("Playa", "domestic")}
    assert plan.last_year.spends[0].week == FIRST
    assert plan.last_year.total.extra.expected < plan.total.extra.expected
    nothing = replace(learned(), past=())
    assert make_plan(nothing, REQUEST).last_year is None


def test_a_running_plan_is_planned_again_with_what_is_spent_as_given():
    known = learned()
    whole = make_plan(known, REQUEST)
    today = FIRST + 4 * WEEK + timedelta(days=2)
    start = FIRST + 4 * WEEK
    spent = [one for one in whole.spends if one.week < start]
    again = replan(known, REQUEST, spent, today)
    assert min(row.week for row in again.rows) >= start
    assert again.total.spend == pytest.approx(5_000.0 - sum(one.usd for one in spent))
    kept = {(s.location, s.market, s.week, s.segment): s.usd for s in whole.spends}
    for one in again.spends:  # nothing new is known, so nothing changes
        assert one.usd == pytest.approx(
            kept.get((one.location, one.market, one.week, one.segment), 0.0), abs=25.0
        )
    first = next(one for one in again.spends if one.week == start)
    there = [replace(one, location=first.location, market=first.market) for one in spent]
    moved = [one for one in replan(known, REQUEST, there, today).spends if one.week == start]
    assert sum(one.usd for one in moved if one.location == first.location) < first.usd


def test_what_is_left_over_is_told():
    plan = make_plan(learned(), replace(REQUEST, budget=1e6, limits=(Limit(maximum=100.0),)))
    assert plan.total.spend == pytest.approx(3 * 12 * 100.0)
    assert plan.unspent == pytest.approx(1e6 - 3_600.0)
    assert "left over" in plan.says


def test_the_artefact_reads_back_as_it_was_written(tmp_path: Path):
    known = learned()
    known.save(tmp_path)
    read = Learned.load(tmp_path)
    assert read.to_dict() == known.to_dict()
    before, after = make_plan(known, REQUEST), make_plan(read, REQUEST)
    assert after.total.extra.expected == pytest.approx(before.total.extra.expected, rel=1e-4)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}'])
def test_a_broken_artefact_is_refused(tmp_path: Path, content: str):
    (tmp_path / RESPONSE_FILE).write_text(content)
    with pytest.raises(PlanError, match="tambo train campaign_uplift"):
        Learned.load(tmp_path)


PLAYA = Spend("Playa", "domestic", FIRST - WEEK, 10.0)
REFUSED = {
    "budget zero": (REQUEST, {"budget": 0.0}, "more than 0 USD"),
    "budget negative": (REQUEST, {"budget": -5.0}, "more than 0 USD"),
    "budget infinite": (REQUEST, {"budget": math.inf}, "more than 0 USD"),
    "budget not a number": (REQUEST, {"budget": math.nan}, "more than 0 USD"),
    "reversed": (REQUEST, {"first": LAST, "last": FIRST}, "Exchange the two days"),
    "too long": (REQUEST, {"last": FIRST + 60 * WEEK}, "At most 53"),
    "location": (REQUEST, {"locations": ("Atlantis",)}, "one of: Huaca, Playa, Museo"),
    "market": (REQUEST, {"markets": ("mars",)}, "one of: all, brazil, domestic"),
    "segments": (REQUEST, {"segments": {"domestic": {"a": 0.5}}}, "add up to 1"),
    "segment of mars": (REQUEST, {"segments": {"mars": {"a": 1.0}}}, "one of: all"),
    "off_peak": (REQUEST, {"off_peak": 0.0}, "Give more than 0"),
    "value": (REQUEST, {"value_per_visitor": -1.0}, "Give more than 0"),
    "nothing off-peak": (REQUEST, {"off_peak": 0.01}, "Raise off_peak"),
    "minimum above maximum": (REQUEST, {"limits": (Limit(minimum=9, maximum=8),)}, "Lower the"),
    "negative minimum": (REQUEST, {"limits": (Limit(minimum=-1),)}, "0 or more"),
    "limit of nowhere": (REQUEST, {"limits": (Limit("Atlantis"),)}, "one of: Huaca"),
    "reversed limit": (REQUEST, {"limits": (Limit(first=LAST, last=FIRST),)}, "Exchange"),
    "minimums above the budget": (
        REQUEST, {"limits": (Limit(minimum=200.0, required=True),)}, "add up to 7,200 USD",
    ),
    "one minimum above the budget": (REQUEST, {"limits": (Limit(minimum=6e3),)}, "lower the min"),
    "required where nothing may be spent": (
        REQUEST,
        {"locations": ("Playa",), "limits": (Limit("Huaca", minimum=1.0, required=True),)},
        "allow the location",
    ),
    "spent less than nothing": (REQUEST, {"spent": (replace(PLAYA, usd=-1.0),)}, "0 or more"),
    "spent on mars": (REQUEST, {"spent": (replace(PLAYA, market="mars"),)}, "one of: brazil"),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "change", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_planned_is_refused_with_what_to_do(request_, change, says):
    with pytest.raises(PlanError) as refused:
        make_plan(learned(), replace(request_, **change))
    assert refused.value.remedy is not None
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("spent", "today", "says"),
    [
        ([Spend("Playa", "domestic", FIRST, 5_000.0)], FIRST + WEEK, "Raise the budget"),
        ([], LAST + WEEK, "Raise the budget or the last day"),
        ([Spend("Playa", "domestic", FIRST + 2 * WEEK, 1.0)], FIRST + WEEK, "only what was spent"),
    ],
)
def test_a_rest_that_cannot_be_planned_is_refused(spent, today, says):
    with pytest.raises(PlanError, match=says):
        replan(learned(), REQUEST, spent, today)


def test_a_forecast_out_of_order_is_refused():
    with pytest.raises(PlanError, match="low <= middle <= high"):
        make_plan(learned(), REQUEST, [Expected("Playa", "all", FIRST, 3.0, 2.0, 4.0)])
