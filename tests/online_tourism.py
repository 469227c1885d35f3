"""Locations in a small Feast repository, with the views of tourism and values written by Feast."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from feast import FeatureService, FeatureStore, FeatureView, RepoConfig
from online_feast import PROJECT, source

from feature_repo.tourism import views
from feature_repo.tourism.entities import location
from feature_repo.tourism.on_demand import visitor_flow_request
from tambo.as_of import AsOf
from tambo.requesttime.tourism import EVENTS, day_number

SERVICE = "visitor_flow_test"
ZONE = "America/Lima"
AS_OF = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
"""Two in the morning of a Monday in Lima."""
INSTANTS = AsOf({"tourism": AS_OF})
FIRST = date(2026, 3, 30)
UNTIL = datetime(2026, 3, 30, 5, 0, tzinfo=UTC)
PLAZA, NEW, UNCOUNTED, OLD = "Plaza", "Mirador", "Museo", "Puerto"
"""One that the model has learnt, one that it has not, one without counts, one that ended."""
ABROAD = "Retiro"
"""Its days are those of Madrid."""

WEEK = np.array([100.0, 110.0, 120.0, 130.0, 150.0, 240.0, 200.0])
"""Visitors of the weekdays of a plain week, from Monday on."""
HOURS = np.repeat([0.0, 1.0, 0.0], 8) / 8
"""Share of each hour: nobody comes at night."""
HOLIDAY, FESTIVAL = date(2026, 4, 2), date(2026, 4, 8)
SHUT = (date(2026, 4, 20), date(2026, 4, 22))
RAIN = [0.0, 5.0, 12.0]

_VIEWS = (
    "location_flow", "location_season", "location_calendar", "location_campaigns",
    "location_climate", "location_factors", "location_weather", "location_weather_forecast",
)  # fmt: skip


def repository(folder: Path, online: dict[str, object]) -> FeatureStore:
    """Apply the repository; `online` is Feast's online-store configuration."""
    config = RepoConfig(
        project=PROJECT,
        provider="local",
        registry=str(folder / "tourism.db"),
        online_store=online,
        offline_store={"type": "file"},
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    made = []
    for name in _VIEWS:
        real = getattr(views, name)
        made.append(
            FeatureView(
                name=name,
                entities=[location],
                ttl=real.ttl,
                schema=real.schema,
                source=source(store, name),
                tags=real.tags,
            )
        )
    service = FeatureService(
        name=SERVICE, features=[*made, visitor_flow_request], tags={"domain": "tourism"}
    )
    store.apply([location, *made, visitor_flow_request, service])
    return store


def fill(store: FeatureStore) -> None:
    """Write the online values, through Feast."""
    for name, rows in _rows().items():
        frame = pd.DataFrame(rows)
        frame["event_timestamp"] = pd.to_datetime(frame["event_timestamp"], utc=True)
        frame["created_timestamp"] = frame["event_timestamp"]
        lacking = [
            field.name
            for field in store.get_feature_view(name).features
            if field.name not in frame.columns
        ]
        for column in lacking:
            frame[column] = None
        store.write_to_online_store(name, df=frame)


def _flow(place: str, until: datetime, counts: np.ndarray, zone: str = ZONE) -> dict[str, object]:
    hours = (WEEK[:, None] * HOURS).reshape(-1)
    return {
        "location": place,
        "event_timestamp": until,
        "counted_until": until,
        "time_zone": zone,
        "daily_visitors": counts.tolist(),
        "daily_visitors_year_before": np.tile(0.9 * WEEK, 4).tolist(),
        "hourly_visitors": hours.tolist(),
    }


def _day(day: date) -> int:
    return day_number(day) or 0


def _rows() -> dict[str, list[dict[str, object]]]:
    weeks = np.tile(WEEK, 8)
    growing = weeks * np.repeat(np.linspace(0.9, 1.1, 8), 7)
    known = {"location": PLAZA, "event_timestamp": UNTIL}
    calendar = {
        "holiday_first_days": [_day(HOLIDAY)],
        "holiday_last_days": [_day(HOLIDAY + timedelta(days=1))],
        "holiday_types": [1],
        "holiday_names": ["Holy Week"],
        "event_first_days": [_day(FESTIVAL)],
        "event_last_days": [_day(FESTIVAL)],
        "event_types": [EVENTS.index("festival") + 1],
        "event_names": ["unnamed"],
        "closure_first_days": [_day(SHUT[0])],
        "closure_last_days": [_day(SHUT[1])],
    }
    return {
        "location_flow": [
            _flow(PLAZA, UNTIL, growing),
            _flow(NEW, UNTIL, np.where(np.arange(56) < 51, np.nan, weeks)),
            _flow(UNCOUNTED, UNTIL, np.full(56, np.nan)),
            _flow(OLD, UNTIL - timedelta(days=29), weeks),
            _flow(ABROAD, UNTIL, weeks, "Europe/Madrid"),
        ],
        "location_season": [
            {
                **known,
                "month_index": np.linspace(0.7, 1.3, 12).tolist(),
                "weekday_index": (WEEK / WEEK.mean()).tolist(),
            }
        ],
        "location_calendar": [{**known, **calendar}],
        "location_campaigns": [
            {
                **known,
                "campaign_first_days": [_day(FIRST) - 20],
                "campaign_last_days": [_day(FIRST) + 1],
                "campaign_daily_spend": [500.0],
            }
        ],
        "location_climate": [
            {
                **known,
                "month_temperature": [18.0] * 12,
                "month_precipitation": [1.0] * 12,
            }
        ],
        "location_weather_forecast": [
            {
                **known,
                "forecast_from": UNTIL,
                "forecast_temperature": [20.0] * len(RAIN),
                "forecast_precipitation": RAIN,
            }
        ],
    }
