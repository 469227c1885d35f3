"""From a request to a plan: what is forecast, what campaigns did, and the budget shared out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bentos.inference.answers import ModelVersion
from bentos.inference.requests import refuse
from bentos.tourism.campaign_plan.expecting import Forecasts, WeeklyForecaster
from bentos.tourism.campaign_plan.schemas import CampaignPlan, CampaignPlanRequest, PlanSpend
from tambo.errors import PlanError
from tambo.featurestore.online import OnlineReader
from tambo.planning.tourism.learned import Learned, Spend
from tambo.planning.tourism.outlook import monday
from tambo.planning.tourism.plan import make_plan, rest_of
from tambo.planning.tourism.request import Limit, PlanRequest, check
from tambo.serving.model import ServedModel
from tambo.serving.problem import FieldError, ProblemError, field_error
from tambo.serving.version import VERSION_FILE, ServedVersion

_NAMED = 8
"""Names that a problem lists."""


class CampaignPlanner:
    """Makes plans from the champions; may be used by several threads.

    Args:
        model: champion of the visitors by day.
        reader: the online features of its feature service.
        folder: champion of the response to campaigns.

    Raises:
        ServingError: the folder does not say which version it holds.
        PlanError: its response cannot be read.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, folder: Path) -> None:
        self._forecaster = WeeklyForecaster(model, reader)
        self._learned = Learned.load(folder)
        self._version = _shown(ServedVersion.load(folder / VERSION_FILE))
        self._locations = tuple(dict.fromkeys(name for name, _ in self._learned.pairs))
        self._markets = tuple(sorted({market for _, market in self._learned.pairs}))

    def begin(self, request: CampaignPlanRequest) -> Callable[[], CampaignPlan]:
        """See `Planner`."""
        refuse(self._unknown(request))
        try:
            asked = _plan_request(request)
            if request.today is not None:
                asked = rest_of(asked, _spends(request.already), request.today)
            check(asked, self._learned.outlook([monday(asked.first)]))
        except PlanError as error:
            raise _refused(error) from error
        return partial(self._plan, asked)

    def _plan(self, asked: PlanRequest) -> CampaignPlan:
        forecasts = self._forecaster.forecast(self._locations)
        try:
            plan = make_plan(self._learned, asked, forecasts.expected)
        except PlanError as error:
            raise _refused(error) from error
        weeks = set(asked.weeks)
        return CampaignPlan(
            **vars(plan),
            model=self._version,
            forecast_model=self._forecaster.locations.features.version,
            forecast_weeks=sum(one.week in weeks for one in forecasts.expected),
            release=forecasts.row.release,
            as_of=forecasts.row.as_of,
            asked_at=forecasts.row.asked_at,
            warnings=list(_warnings(asked, forecasts)),
        )

    def _unknown(self, request: CampaignPlanRequest) -> Iterator[FieldError]:
        """Locations and markets that nobody was ever counted of."""
        named: list[tuple[tuple[str | int, ...], str | None, str | None]] = [
            *((("locations", n), name, None) for n, name in enumerate(request.locations)),
            *((("markets", n), None, name) for n, name in enumerate(request.markets)),
            *((("limits", n), one.location, None) for n, one in enumerate(request.limits)),
            *((("segments", name), None, name) for name in request.segments),
        ]
        for field in ("spent", "already"):
            told: list[PlanSpend] = getattr(request, field)
            named += [((field, n), one.location, one.market) for n, one in enumerate(told)]
        for where, location, market in named:
            if location is not None and location not in self._locations:
                yield field_error(where, _nobody("location", location, self._locations))
            if market is not None and market not in self._markets:
                yield field_error(where, _nobody("market", market, self._markets))


def _refused(error: PlanError) -> ProblemError:
    return ProblemError(422, error.message, remedy=error.remedy)


def _warnings(asked: PlanRequest, forecasts: Forecasts) -> Iterator[str]:
    """What makes a plan less sure than others."""
    today = forecasts.today
    over = sum(week < monday(today) for week in asked.weeks)
    if over:
        yield f"{over} weeks lie before {today}, up to which is known: they are over"
    if forecasts.missing:
        few = len(forecasts.missing) == 1
        yield (
            f"the season alone tells what is expected of {', '.join(forecasts.missing[:_NAMED])}: "
            f"{len(forecasts.missing)} {'location has' if few else 'locations have'} no counts to "
            "forecast from"
        )


def _nobody(kind: str, name: str, known: tuple[str, ...]) -> str:
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return (
        f"nobody was ever counted of the {kind} {name!r}; known are "
        f"{', '.join(known[:_NAMED])}{more}"
    )


def _plan_request(request: CampaignPlanRequest) -> PlanRequest:
    return PlanRequest(
        budget=request.budget,
        first=request.first,
        last=request.last,
        locations=tuple(request.locations),
        markets=tuple(request.markets),
        limits=tuple(
            Limit(
                location=one.location,
                first=one.first,
                last=one.last,
                minimum=one.minimum,
                maximum=math.inf if one.maximum is None else one.maximum,
                required=one.required,
            )
            for one in request.limits
        ),
        off_peak=request.off_peak,
        value_per_visitor=request.value_per_visitor,
        spent=_spends(request.spent),
        segments=request.segments,
    )


def _spends(told: list[PlanSpend]) -> tuple[Spend, ...]:
    return tuple(Spend(one.location, one.market, monday(one.week), one.usd) for one in told)


def _shown(version: ServedVersion) -> ModelVersion:
    return ModelVersion(
        name=version.model,
        version=version.version,
        estimator=version.estimator,
        baseline=version.baseline,
        release=version.release,
    )
