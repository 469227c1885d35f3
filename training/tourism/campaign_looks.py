"""Reads the history of campaigns from labels, and from looks at each location.

A look is a row of the feature service `campaign_uplift_v1`: what was announced, spent and measured,
as it stood at an instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from training.metrics import Floats
from training.tourism.campaign_history import ALL, NATIONAL, Campaign, History, Names, Place

STEP = 28
"""Days between two looks at a location; each shows twice as many."""
LISTS = ("first_days", "last_days", "daily_spend", "markets", "ids", "segments", "scopes")
AHEAD = 400
"""Days after the last for which announced closures are kept."""


def looks(labels: pa.Table, as_of: datetime) -> pa.Table:
    """Entity rows: each location every STEP days back from an instant, until its first label.

    A look shows the 56 days before it, so a day is looked at when it is 28 to 56 days
    over: plans have become facts. The last STEP days are seen by the newest look alone.
    """
    first: dict[str, Any] = {}
    for name, at in zip(
        labels.column("location").to_pylist(),
        labels.column("event_timestamp").to_pylist(),
        strict=True,
    ):
        first[name] = min(at, first.get(name, at))
    rows = [
        (name, as_of - timedelta(days=STEP * n))
        for name in sorted(first)
        for n in range(max((as_of - first[name]).days, 0) // STEP + 1)
    ]
    return pa.table(
        {
            "location": pa.array([name for name, _ in rows], pa.string()),
            "event_timestamp": pa.array([at for _, at in rows], pa.timestamp("us")),
        }
    )


def read_history(labels: pa.Table, seen: pa.Table) -> History:
    """Put labels and what was seen at each look together.

    Args:
        labels: newest versions of `label_visitor_flow`, with visitors by market.
        seen: the looks with the features of `campaign_uplift_v1`.
    """
    days = labels.column("local_day").to_pylist()
    first = min(days) - timedelta(days=min(days).weekday())
    count = (max(days) - first).days + 1
    by_location = _group(labels.to_pylist())
    by_look = _group(seen.to_pylist())
    places = [
        _place(name, rows, by_look.get(name, []), first, count)
        for name, rows in sorted(by_location.items())
    ]
    return History(first, count, tuple(place for place in places if place.markets))


def _group(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["location"], []).append(row)
    return found


def _place(
    name: str, rows: list[dict[str, Any]], seen: list[dict[str, Any]], first: date, days: int
) -> Place:
    markets = tuple(sorted({one for row in rows for one in row["markets"] or ()}))
    visitors = np.full((len(markets), days), np.nan)
    for row in rows:
        day = (row["local_day"] - first).days
        visitors[:, day] = 0.0
        for market, count in zip(row["markets"] or (), row["market_visitors"] or (), strict=True):
            visitors[markets.index(market), day] = count
    calendar = _Seen(seen, first, days)
    campaigns = calendar.campaigns(markets, np.nan_to_num(np.nanmean(visitors, axis=1)))
    return Place(
        name=name,
        markets=markets,
        visitors=visitors,
        weather=calendar.weather(),
        holidays=calendar.spans("holiday", "holiday_names"),
        school=calendar.spans("school", None).get("", np.zeros(days)),
        events=calendar.spans("event", "event_types"),
        closed=calendar.spans("closure", None, AHEAD).get("", np.zeros(days + AHEAD)),
        campaigns=campaigns,
    )


class _Seen:
    """The looks at one location, each answering for its own days."""

    def __init__(self, looks: list[dict[str, Any]], first: date, days: int) -> None:
        self._first, self._days = first, days
        self._looks = sorted(looks, key=lambda row: row["event_timestamp"])
        epoch = (first - date(1970, 1, 1)).days
        self._epoch = epoch
        at = [(row["event_timestamp"].date() - first).days for row in self._looks]
        # A look answers for the days that are 28 to 56 days over; the newest for all after them.
        self._until = [one - STEP for one in at[:-1]] + [days + AHEAD]
        self._since = [-AHEAD, *self._until[:-1]]

    def _values(self, row: dict[str, Any], name: str) -> Sequence[Any]:
        return row[f"location_{name}"] or ()

    def spans(self, kind: str, names: str | None, ahead: int = 0) -> dict[Any, Floats]:
        """Days of each name of a kind of announcement; 1 on its days [day]."""
        found: dict[Any, Floats] = {}
        for row, since, until in self._each():
            starts = self._values(row, f"calendar__{kind}_first_days")
            ends = self._values(row, f"calendar__{kind}_last_days")
            of = self._values(row, f"calendar__{names}") if names else [""] * len(starts)
            for start, end, name in zip(starts, ends, of, strict=True):
                span = found.setdefault(name, np.zeros(self._days + ahead))
                low, high = max(start - self._epoch, since, 0), min(end - self._epoch + 1, until)
                if low < high:
                    span[low:high] = 1.0
        return found

    def _each(self) -> Iterable[tuple[dict[str, Any], int, int]]:
        return zip(self._looks, self._since, self._until, strict=True)

    def weather(self) -> Floats:
        """Temperature and rain of each day [2, day]."""
        found = np.full((2, self._days), np.nan)
        for row in self._looks:
            if (end := row["location_weather__measured_until"]) is None:
                continue
            last = (end.date() - self._first).days
            for n, name in enumerate(("temperature", "precipitation")):
                values = np.asarray(self._values(row, f"weather__daily_{name}"), float)
                where = np.arange(last - len(values), last)
                inside = (where >= 0) & (where < self._days)
                known = inside & np.isfinite(np.resize(values, len(where)))
                found[n, where[known]] = values[known]
        return found

    def campaigns(self, markets: Names, size: Floats) -> dict[str, tuple[Campaign, ...]]:
        """What was spent on each market, as it stood when it was over."""
        found: dict[str, list[Campaign]] = {market: [] for market in markets}
        for row, since, until in self._each():
            columns = (self._values(row, f"campaigns__campaign_{name}") for name in LISTS)
            for start, end, daily, market, name, segment, scope in zip(*columns, strict=True):
                low, high = start - self._epoch, end - self._epoch
                if scope == NATIONAL or not since <= high < until:
                    continue
                for one, share in _shares(market, markets, size).items():
                    found[one].append(Campaign(name, segment, low, high, daily * share))
        return {market: tuple(sorted(each, key=_order)) for market, each in found.items()}


def _order(campaign: Campaign) -> tuple[int, str, str]:
    return campaign.first, campaign.id, campaign.segment


def _shares(market: str, markets: Names, size: Floats) -> dict[str, float]:
    """Whom a campaign reaches: its market, or all by their visitors, or those counted together."""
    if market in markets:
        return {market: 1.0}
    if market == ALL and size.sum() > 0:
        return dict(zip(markets, (size / size.sum()).tolist(), strict=True))
    return {ALL: 1.0} if markets == (ALL,) else {}
