"""Writes the truth beside the raw files: `_truth.json` and tables with a leading underscore."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tambo.sources.sample.columns import csv_lines, named, texts
from tambo.sources.sample.dirt import RESENT_SHARE
from tambo.sources.sample.draws import Floats, Ints, ids
from tambo.sources.sample.folder import Folder
from tambo.sources.travel.world import fares, fates, hotels, outbox, seasons, trips, users
from tambo.sources.travel.world.dirt import KINDS
from tambo.sources.travel.world.places import (
    AGENCIES,
    AGENCY_MARKUP,
    CLASS_FACTOR,
    CLASSES,
    COMPANIES,
    FIRST_CLASS_ONLY,
    NAMES,
    PLACES,
    STYLES,
)
from tambo.sources.travel.world.seasons import BUSINESS, LEISURE, ZONE
from tambo.sources.travel.world.travellers import Travellers, travellers
from tambo.sources.travel.world.truth import Truth
from tambo.sources.travel.world.users import Joining, companies, genders

TABLES = {
    "_routes.csv": "base fare, distance and hours of each route",
    "_drift.csv": "drift factor of each route's fares at the first day of each month",
    "_seasons.csv": "demand by place and travel date; level drives the prices",
    "_hotels.csv": "tier, quality, base price, season power and styles of each hotel",
    "_travellers.csv": "home, tastes and chances of each traveller",
    "_dirty.csv": "each broken line: file, physical line (the header is 1), kind, column concerned,"
    " and the file that brings the clean line later (empty: none does)",
    "_arrivals.csv": "when each raw file arrived, UTC",
}
DECIMALS = 6


def write_truth(folder: Folder, truth: Truth, *, count: int, block: int) -> None:
    """Write all parameters of a world; its travellers in blocks."""
    _write(folder, "_routes.csv", _routes(truth))
    _write(folder, "_drift.csv", _drift(truth))
    _write(folder, "_seasons.csv", _seasons(truth))
    _write(folder, "_hotels.csv", _hotels(truth.hotels))
    joining = Joining(count, truth.calendar.months)
    for low in range(0, count, block):
        group = travellers(truth.draws, np.arange(low, min(low + block, count)))
        _write(folder, "_travellers.csv", _travellers(truth, group, joining))
    folder.text("_truth.json", json.dumps(_parameters(truth), indent=1, ensure_ascii=False) + "\n")


def _write(folder: Folder, name: str, columns: dict[str, Any]) -> None:
    values = [
        np.round(each, DECIMALS) if getattr(each, "dtype", None) == np.float64 else each
        for each in columns.values()
    ]
    folder.append(name, tuple(columns), csv_lines(values))


def _named(names: Sequence[str], index: Ints) -> Any:
    return named(texts(names), index)


def _routes(truth: Truth) -> dict[str, Any]:
    origin, to = np.nonzero(truth.fares.distance)
    return {
        "from": _named(NAMES, origin),
        "to": _named(NAMES, to),
        "distance": truth.fares.distance[origin, to],
        "time": truth.fares.hours[origin, to],
        "base_fare": truth.fares.base[origin, to],
    }


def _drift(truth: Truth) -> dict[str, Any]:
    calendar = truth.calendar
    origin, to = np.nonzero(truth.fares.distance)
    months = [calendar.month(month).isoformat() for month in range(calendar.months + 1)]
    return {
        "from": _named(NAMES, np.repeat(origin, len(months))),
        "to": _named(NAMES, np.repeat(to, len(months))),
        "date": texts(months * len(origin)),
        "factor": np.exp(truth.fares.log_drift[origin, to]).reshape(-1),
    }


def _seasons(truth: Truth) -> dict[str, Any]:
    dates = truth.calendar.text("%Y-%m-%d")
    return {
        "place": _named(NAMES, np.repeat(np.arange(len(NAMES)), len(dates))),
        "date": texts(dates * len(NAMES)),
        "level": truth.seasons.level.reshape(-1),
        "leisure_demand": truth.seasons.demand[LEISURE].reshape(-1),
        "business_demand": truth.seasons.demand[BUSINESS].reshape(-1),
    }


def _hotels(all_hotels: hotels.Hotels) -> dict[str, Any]:
    return {
        "name": texts(all_hotels.names),
        "place": _named(NAMES, all_hotels.place),
        "tier": all_hotels.tier,
        "quality": all_hotels.quality,
        "base_price": all_hotels.base,
        "season_power": all_hotels.season_power,
        **{style: all_hotels.styles[:, n] for n, style in enumerate(STYLES)},
    }


def _travellers(truth: Truth, group: Travellers, joining: Joining) -> dict[str, Any]:
    draws, calendar, of = truth.draws, truth.calendar, ids(group.code)
    joined = np.searchsorted(joining.by(np.arange(calendar.months)), group.code, side="right")
    months = [calendar.month(month).isoformat() for month in range(calendar.months)]
    chances: dict[str, Floats] = {}
    for purpose, name in ((LEISURE, "leisure"), (BUSINESS, "business")):
        chance = np.diff(group.places[purpose], axis=1, prepend=0.0)
        chances |= {f"{name} {place}": chance[:, n] for n, place in enumerate(NAMES)}
    classes = np.diff(group.classes, axis=1, prepend=0.0)
    agencies = np.diff(group.agencies[:, -1], axis=1, prepend=0.0)
    return {
        "code": group.code,
        "joined": _named(months, joined),
        "company": _named(list(COMPANIES), companies(draws, of)),
        "gender": _named(users.GENDERS, genders(draws, of)),
        "home": _named(NAMES, group.home),
        "trips_a_year": group.trips,
        "business_share": group.business,
        "comfort": group.comfort,
        "lead_factor": np.exp(group.planner),
        "stay_share": group.stay,
        "quality_weight": group.quality_weight,
        "price_weight": group.price_weight,
        **{f"{style}_weight": group.style[:, n] for n, style in enumerate(STYLES)},
        **chances,
        **{name: classes[:, n] for n, name in enumerate(CLASSES)},
        **{f"first class {name}": agencies[:, n] for n, name in enumerate(AGENCIES)},
    }


def _parameters(truth: Truth) -> dict[str, Any]:
    calendar = truth.calendar
    return {
        "equations": "see the docstring of tambo.sources.travel.world",
        "tables": TABLES,
        "first_day": calendar.first.isoformat(),
        "last_day": seasons.LAST_DAY.isoformat(),
        "zone": ZONE.key,
        "currency": "BRL",
        "fare": {
            "class_factor": dict(zip(CLASSES, CLASS_FACTOR, strict=True)),
            "agency_markup": dict(zip(AGENCIES, AGENCY_MARKUP, strict=True)),
            "sells_first_class_only": dict(zip(AGENCIES, FIRST_CLASS_ONLY, strict=True)),
            "season_power": fares.SEASON_POWER,
            "weekday_factor_from_monday": fares.WEEKDAY_FACTOR,
            "lead_floor": fares.LEAD_FLOOR,
            "lead_rise": fares.LEAD_RISE,
            "lead_days": fares.LEAD_DAYS,
            "drift_a_year": fares.DRIFT_A_YEAR,
            "drift_spread_a_month": fares.DRIFT_SPREAD_A_MONTH,
            "noise": fares.NOISE,
        },
        "season": {
            place.name: {
                "amplitude": place.amplitude,
                "peak_day_of_year": place.peak,
                "holiday_pull": place.holiday_pull,
            }
            for place in PLACES
        },
        "trips_of_leisure_and_business": {
            "lead_median_days": trips.LEAD_MEDIAN,
            "lead_spread": trips.LEAD_SPREAD,
            "nights_median": trips.NIGHTS_MEDIAN,
            "nights_spread": trips.NIGHTS_SPREAD,
            "weekday_from_monday": [seasons.LEISURE_WEEK, seasons.BUSINESS_WEEK],
        },
        "hotel": {"price_noise": hotels.PRICE_NOISE, "tiers": hotels.TIERS},
        "users": {
            "gender_not_stated": users.GENDER_NOT_STATED,
            "first_name_of_either_gender": users.NAME_FOR_EITHER,
            "corrected_share": users.CORRECTED_SHARE,
        },
        "after_booking": {
            "late_share": fates.LATE_SHARE,
            "late_months": outbox.LATE_MONTHS,
            "corrected_share": fates.CORRECTED_SHARE,
            "withdrawn_share": fates.WITHDRAWN_SHARE,
            "delay_months": fates.DELAY_MONTHS,
        },
        "dirt": {"kinds": list(KINDS), "sent_again_share": RESENT_SHARE},
    }
