"""Writes the truth beside the raw files: `_truth.json` and tables with a leading underscore."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from tambo.sources.sample.columns import csv_lines, named, texts
from tambo.sources.sample.days import LAST_DAY
from tambo.sources.sample.dirt import RESENT_SHARE
from tambo.sources.sample.draws import Floats
from tambo.sources.sample.folder import Folder
from tambo.sources.tourism.world import (
    campaigns,
    events,
    factors,
    fates,
    faults,
    feasts,
    weather,
)
from tambo.sources.tourism.world.demand import Demand
from tambo.sources.tourism.world.dirt import KINDS
from tambo.sources.tourism.world.kinds import FEASTS
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.series import Printer
from tambo.sources.tourism.world.truth import Truth

DAYS_FILE = "_truth_days.csv"
DAYS_COLUMNS = (
    "location", "market", "day", "expected", "extra", "weather_factor", "event_factor",
    "holiday_factor", "season_factor", "closed",
)  # fmt: skip
FAULTS_FILE, FAULTS_COLUMNS = "_faults.csv", ("location", "kind", "from", "hours", "factor")
TABLES = {
    DAYS_FILE: "by location, market and day: visitors expected without campaigns, what campaigns"
    " add, and the factors; closed: 1 where the location was shut for days",
    FAULTS_FILE: "faults of the sensors: first hour (local), hours on the clock, factor of a spike",
    "_dirty.csv": "each broken line: file, physical line (the header is 1), kind, column concerned,"
    " and the file that brings the clean line later (empty: none does)",
    "_arrivals.csv": "when each file arrived, UTC; what is not there is history",
}
DECIMALS = 4


class TruthWriter:
    """Writes the truth of one world, location by location."""

    def __init__(self, folder: Folder, truth: Truth) -> None:
        self.folder = folder
        self.truth = truth
        days = range(truth.calendar.world_days)
        self._dates = [truth.calendar.date_of(day).isoformat() for day in days]
        folder.begin(DAYS_FILE, DAYS_COLUMNS)
        folder.begin(FAULTS_FILE, FAULTS_COLUMNS)

    def days(self, found: Demand, sky: Floats, expected: Floats, extra: Floats) -> None:
        """Write the days of a location.

        Args:
            found: its demand.
            sky: factor of the weather [day].
            expected: visitors without campaigns [market, day].
            extra: visitors that campaigns add [market, day].
        """
        markets, days = expected.shape

        def by_day(values: Any) -> Any:
            return np.tile(np.asarray(values[:days]), markets)

        def by_market(values: Floats) -> Floats:
            return np.round(values[:, :days], DECIMALS).reshape(-1)

        place = found.place
        columns = [
            named(texts([place.name]), np.zeros(markets * days, np.int64)),
            named(texts(place.markets), np.repeat(np.arange(markets), days)),
            texts(self._dates * markets),
            by_market(expected),
            by_market(extra),
            np.round(by_day(sky), DECIMALS),
            np.round(by_day(found.event), DECIMALS),
            by_market(found.holiday),
            by_market(found.season),
            by_day(found.closed.astype(np.int64)),
        ]
        self.folder.append(DAYS_FILE, DAYS_COLUMNS, csv_lines(columns))

    def faults(self, printer: Printer, place: Place, failed: faults.Faults) -> None:
        """Write what went wrong at a location."""
        notes = failed.notes
        since = printer.hours(np.array([each.at for each in notes], dtype=np.int64))
        lines = [
            f"{place.name},{each.kind},{at},{each.hours},{each.factor or ''}".encode()
            for each, at in zip(notes, since.to_pylist(), strict=True)
        ]
        self.folder.append(FAULTS_FILE, FAULTS_COLUMNS, lines)

    def parameters(self) -> None:
        """Write `_truth.json`."""
        content = json.dumps(_parameters(self.truth), indent=1, ensure_ascii=False)
        self.folder.text("_truth.json", content + "\n")


def _parameters(truth: Truth) -> dict[str, Any]:
    days = truth.calendar
    return {
        "equations": "see the docstring of tambo.sources.tourism.world",
        "tables": TABLES,
        "first_day": days.first.isoformat(),
        "last_day": LAST_DAY.isoformat(),
        "first_live_day": days.date_of(days.cut).isoformat(),
        "zone": days.zone.key,
        "currency": "USD",
        "shock": _shock(truth),
        "exchange_rate": {"mean": factors.RATE},
        "weather": {"wetness_mm": weather.WETNESS_MM},
        "campaign": {
            "carry_weeks": campaigns.CARRY,
            "room_power": campaigns.ROOM_POWER,
            "most_room": campaigns.MOST_ROOM,
        },
        "holidays": {
            "country": feasts.COUNTRY,
            "height_by_day": feasts.SHAPES,
            "bridge": {"given": feasts.GIVEN_BRIDGE, "taken": feasts.TAKEN_BRIDGE},
        },
        "events": {
            "moved_share": events.MOVED_SHARE,
            "cancelled_share": events.CANCELLED_SHARE,
            "eve_share_of_lift": events.EVE,
        },
        "after_counting": {
            "late_location": truth.places[fates.late_gate(truth.draws, len(truth.places))].name,
            "late_days": fates.LATE_DAYS,
            "corrected_share": fates.CORRECTED_SHARE,
            "corrected_share_of_history": fates.OLD_SHARE,
            "withdrawn_share": fates.WITHDRAWN_SHARE,
        },
        "faults_a_year": faults.A_YEAR,
        "missing_hour_share": faults.SINGLE_SHARE,
        "dirt": {"kinds": list(KINDS), "sent_again_share": RESENT_SHARE},
        "locations": [_place(truth, place) for place in truth.places],
        "events_held": [_event(truth, each) for each in truth.events],
        "campaigns": [_campaign(truth, each) for each in truth.campaigns],
    }


def _shock(truth: Truth) -> dict[str, Any] | None:
    if truth.factors.shock_day < 0:
        return None
    return {
        "first_day": truth.calendar.date_of(truth.factors.shock_day).isoformat(),
        "depth": factors.SHOCK_DEPTH,
        "fall_days": factors.SHOCK_FALL_DAYS,
        "recovery_days": truth.factors.recovery,
        "recovery_power": factors.SHOCK_POWER,
    }


def _place(truth: Truth, place: Place) -> dict[str, Any]:
    days = truth.calendar
    plain = ("warmer", "wetter", "base", "second", "growth", "rain", "warmth", "spread", "memory",
             "shape")  # fmt: skip
    by_market = ("share", "amplitude", "peak", "school", "exchange", "beta", "scale")
    return {
        "name": place.name,
        "kind": place.kind.name,
        "climate": asdict(place.kind.climates[place.climate]),
        **{name: _rounded(getattr(place, name)) for name in plain},
        "hour_share": {"weekday": _rounded(place.hours[0]), "weekend": _rounded(place.hours[1])},
        "opened": days.date_of(place.opened).isoformat() if place.opened > 0 else None,
        "closures": [
            {
                "first_day": days.date_of(each.start).isoformat(),
                "last_day": None if each.for_good else days.date_of(each.end).isoformat(),
                "announced": days.date_of(each.announced).isoformat(),
            }
            for each in place.closures
        ],
        "markets": {
            market: {
                **{name: _rounded(getattr(place, name)[n]) for name in by_market},
                "weekday_from_monday": _rounded(place.week[n]),
                "holidays": dict(zip(FEASTS, _rounded(place.feasts[n]), strict=True)),
            }
            for n, market in enumerate(place.markets)
        },
    }


def _event(truth: Truth, event: events.Event) -> dict[str, Any]:
    first = event.held()
    return {
        "name": event.name,
        "type": event.kind,
        "location": None if event.place < 0 else truth.places[event.place].name,
        "announced_for": truth.calendar.date_of(event.start).isoformat(),
        "held_from": None if first is None else truth.calendar.date_of(first).isoformat(),
        "days": event.days,
        "lift": _rounded(event.lift),
    }


def _campaign(truth: Truth, each: campaigns.Campaign) -> dict[str, Any]:
    place = truth.places[each.place]
    return {
        "campaign_id": each.id,
        "location": place.name,
        "market": place.markets[each.market],
        "segment": each.segment,
        "start_date": truth.calendar.date_of(each.start).isoformat(),
        "end_date": truth.calendar.date_of(each.end).isoformat(),
        "spend": each.spend,
    }


def _rounded(values: Any) -> Any:
    return np.round(values, 6).tolist()
