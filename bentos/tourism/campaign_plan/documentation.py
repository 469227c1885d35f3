"""What the OpenAPI document says of campaign plans, with examples."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bentos.inference.documentation import problem_examples
from bentos.inference.endpoint import Endpoint
from bentos.inference.requests import WORDS
from bentos.tourism.campaign_plan.planning import CampaignPlanner
from bentos.tourism.campaign_plan.schemas import EXAMPLE, REQUEST, CampaignPlan
from bentos.web.endpoint import Operation

_TOTAL: dict[str, Any] = {
    "name": "plan",
    "spend": 50_000.0,
    "extra": {"expected": 16_200.0, "low": 12_900.0, "high": 19_800.0},
    "cost_per_visitor": 3.09,
    "return_per_usd": 4.86,
}
_EVENLY = {
    **_TOTAL,
    "name": "equal spread",
    "extra": {"expected": 8_100.0, "low": 6_400.0, "high": 9_900.0},
    "cost_per_visitor": 6.17,
    "return_per_usd": 2.43,
}
_SAYS = "Learned from 62 campaigns."
_ANSWER: dict[str, Any] = {
    "basis": "response",
    "says": _SAYS,
    "gaps": [
        {
            "location": "Plaza de Armas",
            "week": "2026-01-12",
            "expected": 9_800.0,
            "usual": 14_000.0,
            "share": 0.7,
            "gap": 4_200.0,
        }
    ],
    "rows": [
        {
            "week": "2026-01-12",
            "location": "Plaza de Armas",
            "market": "domestic",
            "segment": "families",
            "spend": 50_000.0,
            "visitors": 7_100.0,
            "visitors_low": 5_900.0,
            "visitors_high": 8_500.0,
            "extra": _TOTAL["extra"],
        }
    ],
    "total": _TOTAL,
    "by_location": [{**_TOTAL, "name": "Plaza de Armas"}],
    "by_market": [{**_TOTAL, "name": "domestic"}],
    "unspent": 0.0,
    "bound": 16_250.0,
    "equal_spread": {
        "total": _EVENLY,
        "spends": [
            {
                "location": "Plaza de Armas",
                "market": "domestic",
                "week": "2026-01-12",
                "usd": 50_000.0,
                "segment": "all",
            }
        ],
    },
    "last_year": None,
    "evidence": [
        {
            "market": "domestic",
            "campaigns": 31,
            "weeks": 120,
            "uplift": 0.11,
            "low": 0.07,
            "high": 0.15,
            "enough": True,
            "says": "31 campaigns added 11 % in a usual week.",
        }
    ],
    "model": {
        "name": "campaign_uplift",
        "version": "1",
        "estimator": "response",
        "baseline": False,
        "release": 1,
    },
    "forecast_model": {
        "name": "visitor_flow",
        "version": "2",
        "estimator": "xgboost",
        "baseline": False,
        "release": 1,
    },
    "forecast_weeks": 24,
    "release": 1,
    "as_of": "2026-01-01T07:42:00Z",
    "asked_at": "2026-01-01T07:42:00Z",
    "warnings": [],
}

_DESCRIPTION = """
Share a budget out over the weeks in which visitors will be missing (`gaps`), so that it brings the
most extra visitors: by week, location, market and segment, with what an extra visitor costs, and
what comes back of a dollar where a value of a visitor is told.

A plan takes seconds, so it is a task: the answer says where to ask how far it is (`status_url`) and
for the plan (`result_url`). What is wrong with the request is said at once. Tasks are forgotten
when the service starts anew; the same request gives the same plan again.

Visitors of the weeks that the forecast reaches are forecast, as if no campaign were announced; the
season tells those of later weeks. Extra visitors come from what past campaigns did, with an
interval of 80 %. Where past campaigns say too little, the plan says so (`basis` is gaps), shares
the budget out by missing visitors, and promises nobody.

A running plan is planned again with `today`, and with `already`: what of its budget is spent.
"""

CAMPAIGN_PLAN = Endpoint(
    model="visitor_flow",
    artefacts=("campaign_uplift",),
    operation=Operation(
        path="/v1/campaign-plan",
        name="campaign_plan",
        summary="Plan campaigns for the off season",
        description=_DESCRIPTION,
        request=REQUEST,
        answer=TypeAdapter(CampaignPlan),
        later=True,
        words={**WORDS, "too_long": "must hold at most {max_length}"},
        request_examples={
            "A season": EXAMPLE,
            "With limits": {**EXAMPLE, "limits": [{"minimum": 200, "maximum": 5_000}]},
        },
        answer_examples={"A plan": _ANSWER},
        problem_examples=problem_examples("budget", "must be greater than 0"),
    ),
    open=CampaignPlanner,
)
"""POST /v1/campaign-plan."""
