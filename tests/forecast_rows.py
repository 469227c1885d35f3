"""Visitors made by a known law, as rows of the visitor forecast."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from training.design import Design, encode, learn_vocabularies
from training.forecast.horizon import SCALE
from training.tourism.flow_layout import FACTOR, of_step
from training.tourism.visitor_flow import LAYOUT, MODEL, PAST

PLACES = {"Museum": 100.0, "Ruins": 2_000.0, "Market": 600.0}
WEEK = np.array([0.6, 0.7, 0.8, 0.9, 1.1, 1.6, 1.3])
FESTIVAL = of_step("is_festival")[0]
FESTIVAL_FACTOR = 2.0
FIRST = datetime(2023, 1, 2)


def visitors(place: str, days: np.ndarray, festival: np.ndarray) -> np.ndarray:
    """Visitors expected on days, numbered from a Monday on."""
    season = 1.0 + 0.3 * np.sin(2 * np.pi * days / 365.25)
    return PLACES[place] * WEEK[days % 7] * season * np.where(festival, FESTIVAL_FACTOR, 1.0)


def table(rows: int, *, seed: int = 1, noise: float = 0.05) -> pa.Table:
    """Rows at daily origins of the places in turn, a festival on one day in ten."""
    random = np.random.default_rng(seed)
    names = [list(PLACES)[row % len(PLACES)] for row in range(rows)]
    last = PAST + 400 + rows + LAYOUT.steps
    festivals = random.random(last) < 0.1
    counts = {
        name: np.round(
            visitors(name, np.arange(last), festivals) * np.exp(noise * random.normal(size=last))
        )
        for name in PLACES
    }
    columns: dict[str, list[object]] = {
        name: [] for name in ("event_timestamp", "location", "visitors", SCALE, *LAYOUT.names)
    }
    for row, name in enumerate(names):
        day = PAST + 370 + row // len(PLACES)
        ahead = np.arange(day, day + LAYOUT.steps)
        past = counts[name][day - PAST : day]
        known = {one: np.zeros(LAYOUT.steps) for one in LAYOUT.of_steps}
        weeks = past.reshape(-1, 7)[:, np.arange(LAYOUT.steps) % 7]
        known |= dict(
            zip(
                LAYOUT.counts,
                (weeks.mean(axis=0), weeks[-1], counts[name][ahead - 364]),
                strict=True,
            )
        )
        known[of_step("horizon_days")[0]] = np.arange(1.0, LAYOUT.steps + 1)
        known[of_step("weekday_sin")[0]] = np.sin(2 * np.pi * ahead / 7)
        known[of_step("weekday_cos")[0]] = np.cos(2 * np.pi * ahead / 7)
        known[of_step("season_index")[0]] = 1.0 + 0.3 * np.sin(2 * np.pi * ahead / 365.25)
        known[FACTOR] = WEEK[ahead % 7]
        known[FESTIVAL] = festivals[ahead].astype(float)
        columns["event_timestamp"].append(FIRST + timedelta(days=day))
        columns["location"].append(name)
        columns["visitors"].append(counts[name][ahead])
        columns[SCALE].append(float(np.abs(counts[name][7:] - counts[name][:-7]).mean()))
        columns[LAYOUT.window].append(past)
        columns[LAYOUT.closed].append(np.zeros(LAYOUT.steps))
        for one, values in known.items():
            columns[one].append(values)
    return pa.table(columns)


def design(rows: int, **options: float) -> Design:
    """The same, encoded as for the visitor forecast."""
    made = table(rows, **options)  # type: ignore[arg-type]
    label = MODEL.task.labels(made.column("visitors"))
    return encode(made, learn_vocabularies(MODEL.inputs, made), label, MODEL.columns)
