"""Vessels whose hazards follow a known law, encoded for the estimators of survival."""

from __future__ import annotations

import numpy as np

from tambo.serving.spec import Input
from training.design import Design
from training.survival.life_table import Clock
from training.survival.outcome import watch
from training.survival.periods import Layout

EDGES = (0, 7, 14, 30, 60, 90)
INPUTS = (
    Input(name="wear", kind="number"),
    Input(name="planned", kind="number"),
    Input(name="since", kind="number"),
    Input(name="kind", kind="category", vocabulary=("jet", "yacht")),
)
LAYOUT = Layout(
    EDGES,
    reads=("wear", "planned", "since", "kind"),
    down=("planned",),
    up=("since",),
    worse=("wear",),
)
CLOCK = Clock("planned", "since", "kind")
FAILS = 0.004
"""Failures a day of a vessel without wear."""


def hazards(wear, planned):
    """True hazards: failures grow as exp(2 wear), maintenance comes about when it is planned."""
    begin, end = np.array(EDGES[:-1]), np.array(EDGES[1:])
    rate = FAILS * np.exp(2.0 * wear)[:, None]
    failing = 1.0 - np.exp(-rate * (end - begin))
    there = (np.nan_to_num(planned, nan=1e9)[:, None] > begin) & (planned[:, None] <= end)
    other = (1.0 - failing) * np.where(there, 0.85, 0.01)
    return np.stack([failing, other], axis=2)


def design(rows: int, seed: int = 1, failures: bool = True) -> Design:
    """Rows with outcomes drawn from their hazards; some are watched for a short time."""
    random = np.random.default_rng(seed)
    wear, since = random.uniform(0, 1, rows), random.uniform(0, 120, rows)
    planned = np.where(random.random(rows) < 0.5, random.uniform(1, 89, rows), np.nan)
    true = hazards(wear, planned)
    if not failures:
        true[..., 0] = 0.0
    happens = random.random(true.shape[:2])
    ended = happens < true.sum(axis=2)
    at = ended.argmax(axis=1)
    every = np.arange(rows)
    failed = happens[every, at] < true[every, at, 0]
    begin, end = np.array(EDGES[:-1])[at], np.array(EDGES[1:])[at]
    day = begin + random.uniform(0.01, 1.0, rows) * (end - begin)
    told = random.choice(np.array(EDGES[2:], float), rows)
    label = watch(told, np.where(ended.any(axis=1), day, np.nan), failed, EDGES)
    wear = np.where(random.random(rows) < 0.05, np.nan, wear)
    matrix = np.stack([wear, planned, since, random.integers(0, 2, rows)], axis=1)
    return Design(INPUTS, matrix.astype(np.float32), label, {})
