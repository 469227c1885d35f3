"""Scores the test queries of a home: by every estimator, by the posterior, by the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.hotels_truth import History, Posterior, Preferences, Trip, populations
from tambo.errors import TrainingError
from tambo.lake import reader, releases
from tambo.settings import Settings
from tambo.sources.travel.world.places import NAMES
from tambo.sources.travel.world.travellers import travellers
from tambo.sources.travel.world.truth import Truth
from training import onnx_export, registry
from training.candidates import chosen
from training.design import Design, starts
from training.estimators import FitOptions, predict
from training.experiment import encode_parts
from training.frame import build_frame
from training.metrics import Floats
from training.ranking_metrics import Ranked, rank
from training.splits import TEST
from training.travel.hotel_recommendation import MODEL

POSTERIOR, TRUTH = "posterior", "true preferences"
LOCAL = timedelta(hours=3)
"""Bookings are made by day, so the hour of a summer time moves none to another date."""


@dataclass(frozen=True)
class Asked:
    """The test queries, a row for each candidate.

    Attributes:
        design: the rows, encoded.
        rows: the same as a table.
        first: first row of each query.
        hotels: index of each row's hotel in the world.
    """

    design: Design
    rows: pa.Table
    first: NDArray[np.int64]
    hotels: NDArray[np.int64]


@dataclass(frozen=True)
class Ranks:
    """Where the chosen hotels stand, by who ranks.

    Attributes:
        unknown: among all hotels.
        known: among those of the destination.
        trips: trips known of the traveller of each query.
        champion: name of the estimator that is registered.
        sample: effective sample size of the posterior for each query.
    """

    unknown: Mapping[str, Ranked]
    known: Mapping[str, Ranked]
    trips: NDArray[np.int64]
    champion: str
    sample: Floats


def world_of(settings: Settings) -> tuple[Truth, dict[str, int]]:
    """The world of a home, and what it was made with.

    Raises:
        TrainingError: the home holds no sample world.
    """
    note = settings.home / "world" / "travel" / "_world.json"
    if not note.is_file():
        raise TrainingError(f"{note} is missing: no sample world.", remedy="tambo run")
    made = json.loads(note.read_text())["parameters"]
    return Truth.draw(years=made["years"], seed=made["seed"]), made


def score(settings: Settings) -> Ranks:
    """Score the test queries of a home in every way.

    Raises:
        TrainingError: no hotel recommendation is registered, or there is no sample world.
    """
    truth, made = world_of(settings)
    version = registry.champion(settings, MODEL.name)
    if version is None:
        raise TrainingError(f"{MODEL.name} has no champion.", remedy=f"tambo train {MODEL.name}")
    release = releases.get(settings, version.release)
    frame = build_frame(settings, MODEL, release)
    data = encode_parts(MODEL, frame.parts, settings.seed)
    options = FitOptions(settings.seed, settings.threads)
    scores = {
        one.name: predict(one.fit(data.train, data.stop, options), data.test)
        for one in MODEL.baselines
    }
    spec, model = registry.load_serving(settings, version)
    session = onnx_export.open_session(model)
    scores[version.estimator] = onnx_export.answer(session, data.test.select(spec.inputs))
    asked = _asked(truth, data.test, frame.parts[TEST])
    with reader(settings, release.snapshot_id) as connection:
        histories = read_histories(connection, truth)
    scores[POSTERIOR], sample = _posterior(truth, asked, histories, made["seed"] + 1)
    scores[TRUTH] = _true(truth, asked)
    booked = asked.rows.column("traveller_travel__trips_booked").fill_null(0).to_numpy()
    return Ranks(
        unknown={name: _rank(asked, one) for name, one in scores.items()},
        known={name: _rank(asked, _within(asked, one)) for name, one in scores.items()},
        trips=booked[asked.first].astype(np.int64),
        champion=version.estimator,
        sample=sample,
    )


def _asked(truth: Truth, design: Design, rows: pa.Table) -> Asked:
    number = _numbers(truth)
    pairs = zip(
        rows.column("hotel_name").to_pylist(), rows.column("place").to_pylist(), strict=True
    )
    hotels = np.array([number[pair] for pair in pairs], dtype=np.int64)
    return Asked(design, rows, starts(design.columns[MODEL.query or ""]), hotels)


def _numbers(truth: Truth) -> dict[tuple[str, str], int]:
    hotels = truth.hotels
    return {
        (name, NAMES[place]): number
        for number, (name, place) in enumerate(zip(hotels.names, hotels.place, strict=True))
    }


def _within(asked: Asked, scores: Floats) -> Floats:
    columns = asked.design.columns
    return np.where(columns["place"] == columns[chosen("place")], scores, np.nan)


def _rank(asked: Asked, scores: Floats) -> Ranked:
    return rank(asked.first, asked.hotels, asked.design.label, scores)


def _queries(truth: Truth, asked: Asked) -> list[tuple[int, np.datetime64, Trip]]:
    """Traveller, instant and trip of each query; where they go is not told."""
    names = ["user_code", "event_timestamp", "stay_date", "nights"]
    found = asked.rows.select(names).take(pa.array(asked.first)).to_pylist()
    queries = []
    for row in found:
        at = np.datetime64(row["event_timestamp"], "us")
        booked = truth.calendar.number((row["event_timestamp"] - LOCAL).date())
        trip = Trip(booked, truth.calendar.number(row["stay_date"]), int(row["nights"]))
        queries.append((int(row["user_code"]), at, trip))
    return queries


def _true(truth: Truth, asked: Asked) -> Floats:
    queries = _queries(truth, asked)
    people = np.array([code for code, _, _ in queries])
    preferences = Preferences(truth, travellers(truth.draws, people))
    scores = np.empty(len(asked.hotels))
    ends = [*asked.first[1:].tolist(), len(scores)]
    for number, (start, end) in enumerate(zip(asked.first, ends, strict=True)):
        trip, mine = queries[number][2], slice(number, number + 1)
        places, hotels = preferences.places(trip, mine)[0], preferences.hotels(trip.day, mine)[0]
        scores[start:end] = (places[truth.hotels.place] * hotels)[asked.hotels[start:end]]
    return scores


def _posterior(
    truth: Truth, asked: Asked, histories: Mapping[int, History], seed: int
) -> tuple[Floats, Floats]:
    queries = _queries(truth, asked)
    people = np.array([code for code, _, _ in queries])
    homes = travellers(truth.draws, people).home
    population = populations(truth, seed)
    scores, sample = np.empty(len(asked.hotels)), np.empty(len(queries))
    ends = [*asked.first[1:].tolist(), len(scores)]
    for person in np.unique(people).tolist():
        mine = np.flatnonzero(people == person)
        posterior = Posterior(population[int(homes[mine[0]])], histories[person])
        for number in mine.tolist():
            _, at, trip = queries[number]
            chances, sample[number] = posterior.chances(trip, at)
            rows = slice(int(asked.first[number]), ends[number])
            scores[rows] = chances[asked.hotels[rows]]
    return scores, sample


def read_histories(connection: duckdb.DuckDBPyConnection, truth: Truth) -> dict[int, History]:
    """Every traveller's trips and stays with the times between which each was known."""
    day, number = truth.calendar.number, _numbers(truth)
    trips: dict[int, list[tuple[Trip, tuple[object, object]]]] = {}
    stays: dict[int, list[tuple[tuple[int, int], tuple[object, object]]]] = {}
    for code, place, booked, date, start, end in connection.execute(
        "SELECT user_code, destination, CAST(event_timestamp - INTERVAL 3 HOUR AS DATE), "
        "travel_date, created_timestamp, ended_timestamp "
        "FROM lake.intermediate.int_flight_facts WHERE leg_number = 1"
    ).fetchall():
        trip = Trip(day(booked), day(date), place=NAMES.index(place))
        trips.setdefault(code, []).append((trip, (start, end)))
    for code, name, place, date, start, end in connection.execute(
        "SELECT user_code, hotel_name, place, stay_date, created_timestamp, ended_timestamp "
        "FROM lake.intermediate.int_hotel_facts"
    ).fetchall():
        stays.setdefault(code, []).append(((day(date), number[name, place]), (start, end)))
    return {
        code: History(
            tuple(one for one, _ in trips.get(code, [])),
            _known([times for _, times in trips.get(code, [])]),
            tuple(one for one, _ in stays.get(code, [])),
            _known([times for _, times in stays.get(code, [])]),
        )
        for code in {*trips, *stays}
    }


def _known(times: Sequence[tuple[object, object]]) -> NDArray[np.datetime64]:
    return np.array(times, dtype="datetime64[us]").reshape(-1, 2)
