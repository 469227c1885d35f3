"""A campaign plan as files to take away: CSV and a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from app import tables
from app.tourism import plans

_DIGITS = 2


def csv(plan: Mapping[str, Any]) -> bytes:
    """The rows of a plan."""
    return tables.csv(_rounded(plans.rows(plan)))


def xlsx(request: Mapping[str, Any], plan: Mapping[str, Any]) -> bytes:
    """A plan with its totals, what it is held against, the gaps, the evidence, and its request."""
    sheets = {
        "Plan": plans.rows(plan),
        "By location": plans.totals(plan["by_location"]),
        "By market": plans.totals(plan["by_market"]),
        "Compared": plans.compared(plan),
        "Gaps": plans.gaps(plan),
        "Evidence": pd.DataFrame(plan["evidence"]),
        "About": about(request, plan),
    }
    return tables.xlsx({name: _rounded(rows) for name, rows in sheets.items()})


def about(request: Mapping[str, Any], plan: Mapping[str, Any]) -> pd.DataFrame:
    """What a plan was asked for and rests on, a line each."""
    model, forecast = plan["model"], plan["forecast_model"]
    lines: dict[str, object] = {
        **{key: value for key, value in request.items() if value not in (None, [], {})},
        "basis": plan["basis"],
        "says": plan["says"],
        "unspent": plan["unspent"],
        "model": f"{model['name']} {model['version']} ({model['estimator']})",
        "forecast_model": f"{forecast['name']} {forecast['version']} ({forecast['estimator']})",
        "release": plan["release"],
        "as_of": plan["as_of"],
        "units": "spend, cost and return in USD; intervals hold 80 %",
    }
    return pd.DataFrame([(key, str(value)) for key, value in lines.items()], columns=["what", "is"])


def _rounded(rows: pd.DataFrame) -> pd.DataFrame:
    numbers = rows.select_dtypes("number").columns
    return rows.assign(**{name: rows[name].round(_DIGITS) for name in numbers})
