"""The hotel recommendation model: which hotel a traveller books next.

Query: a trip with a stay, at the instant at which it is asked for; nothing of the trip itself is
known by then, its flights included. Candidates: every hotel known at that instant. What must be
beaten: popularity, recency, personal frequency, co-occurrence and the last hotel's followers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tambo.requesttime.travel import HOTEL_REQUEST_FEATURES
from tambo.serving.candidate_index import CO_VISITS, COLUMNS, FOLLOWS, TASTE, TASTE_OF_ALL
from tambo.serving.spec import Input
from training.behaviour import Predict
from training.candidates import Candidates
from training.design import Design, starts
from training.gate import Check, GateRule
from training.labels import LabelTable
from training.ranker import BoostedRanker, OrderBy, Term
from training.ranking import Ranking
from training.spec import ModelSpec
from training.travel import hotel_index

QUERY = "travel_code"
ITEM = ("hotel_name", "place")

HOTEL = (
    "hotel_stays__stays",
    "hotel_stays__stays_90d",
    "hotel_stays__mean_nights",
    "hotel_stays__mean_nightly_price",
    "hotel_stays__last_nightly_price",
)
PLACE = (
    "place_stays__place_stays_90d",
    "place_stays__place_mean_nightly_price",
    "place_demand__arrivals_90d",
)
TRAVELLER = (
    "traveller_travel__trips_booked",
    "traveller_travel__legs_90d",
    "traveller_stays__stays_booked",
    "traveller_stays__mean_nights_stayed",
    "traveller_stays__mean_nightly_price_paid",
    "traveller_profile__age",
)
PAIR = (
    "traveller_places__trips_there",
    "traveller_places__trips_from",
    "traveller_hotels__stays_here",
)
REQUEST = tuple(f"hotel_request__{name}" for name in HOTEL_REQUEST_FEATURES)
DATES = tuple(
    f"hotel_request__{name}"
    for name in (
        "days_to_check_in",
        "check_in_weekday",
        "check_in_month",
        "nights_asked",
        "nights_to_usual",
    )
)
PERSONAL = (
    *TRAVELLER,
    *PAIR,
    *(
        f"hotel_request__{name}"
        for name in (
            "trip_share_there",
            "trip_share_from",
            "days_since_trip_there",
            "was_last_place",
            "stay_share_here",
            "days_since_stay_here",
            "was_last_hotel",
            "price_to_usual",
        )
    ),
)
"""All that is null for somebody of whom nothing is known."""

FAVOURITE = 2
"""Stays at least in the hotel that somebody is said to like."""

POPULAR = Term("hotel_stays__stays_90d", 0.02, log=True)
"""Orders what another term leaves equal: always less than one stay or one day."""


def entity_rows(rows: pa.Table) -> pa.Table:
    """What `hotel_recommendation_v1` is asked for: keys, entity time, and the dates as stated."""
    return pa.table(
        {
            "user_code": rows.column("user_code"),
            "hotel_name": rows.column("hotel_name"),
            "place": rows.column("place"),
            "event_timestamp": rows.column("event_timestamp"),
            "check_in": pc.strftime(rows.column("stay_date"), format="%Y-%m-%d"),
            "nights_wanted": rows.column("nights").cast(pa.float64()),
        }
    )


def behaviour(predict: Predict, rows: Design) -> Sequence[Check]:
    """Test scores where nothing is known, cold starts, and that a stay speaks for a hotel."""
    nothing = rows.without([one.name for one in rows.inputs])
    finite = all(bool(np.isfinite(predict(one)).all()) for one in (rows, nothing))
    task = MODEL.task
    cold = task.measure(rows, predict(_with_taste_of_all(rows.without(PERSONAL))))["ndcg_5"]
    stays = rows.matrix[:, rows.positions([POPULAR.name])[0]].astype(np.float64)
    popular = task.measure(rows, np.nan_to_num(stays))["ndcg_5"]
    before, after = (predict(one) for one in _with_and_without_stays(rows))
    liked = float((after >= before).mean())
    return (
        Check("always_finite", finite, float(finite), 1.0, "whether every score is a number"),
        Check(
            "cold_start_is_popularity",
            cold >= 0.9 * popular,
            cold,
            0.9 * popular,
            "ndcg_5 without anything personal; at least nine tenths of popularity's",
        ),
        Check(
            "a_stay_speaks_for_a_hotel",
            liked >= 0.8,
            liked,
            0.8,
            "share of the hotels stayed in most that do not score lower for it",
        ),
    )


def _with_and_without_stays(rows: Design) -> tuple[Design, Design]:
    """The rows of the hotel that each traveller stayed in most, as if never, and as they are.

    A hotel that was taken once in many stays in its place is rather one that they do not like.
    """
    never = {
        "traveller_hotels__stays_here": np.nan,
        "hotel_request__days_since_stay_here": np.nan,
        "hotel_request__stay_share_here": 0.0,
        "hotel_request__was_last_hotel": 0.0,
    }
    stays = np.nan_to_num(rows.matrix[:, rows.positions(list(never))[0]])
    first = starts(rows.columns[QUERY])
    most = np.repeat(np.maximum.reduceat(stays, first), np.diff(np.append(first, len(rows))))
    stayed = rows.take((stays == most) & (stays >= FAVOURITE))
    matrix = stayed.matrix.copy()
    matrix[:, stayed.positions(list(never))] = np.array(list(never.values()))
    return _with_taste_of_all(replace(stayed, matrix=matrix)), stayed


def _with_taste_of_all(rows: Design) -> Design:
    """The rows as if nothing had ever been chosen."""
    taste, of_all = rows.positions([TASTE, TASTE_OF_ALL])
    matrix = rows.matrix.copy()
    matrix[:, taste] = matrix[:, of_all]
    return replace(rows, matrix=matrix)


MODEL = ModelSpec(
    name="hotel_recommendation",
    domain="travel",
    description="Order of the hotels that a traveller may book next",
    label=LabelTable(
        name="marts.label_hotel_stay",
        key=(QUERY,),
        label="hotel_name",
        # A stay becomes known when its file arrives, at the latest some weeks after the booking.
        window=timedelta(days=7),
    ),
    unit="score",
    task=Ranking(query=QUERY, item=ITEM, within="place"),
    feature_service="hotel_recommendation_v1",
    entity_rows=entity_rows,
    inputs=tuple(
        Input(name=name, kind="number")
        for name in (*HOTEL, *PLACE, *TRAVELLER, *PAIR, *REQUEST, *COLUMNS)
    ),
    unit_of_split=QUERY,
    report_by={"chosen_place": ("chosen_place",)},
    candidates=Candidates(
        source="marts.hotel_stays",
        item=ITEM,
        alive="stays",
        query=QUERY,
        index=hotel_index.build,
        history=("traveller_recent_stays__recent_hotels", "traveller_recent_stays__recent_places"),
        times="traveller_hotels__stays_here",
    ),
    baselines=(
        OrderBy("popularity", (POPULAR,)),
        OrderBy(
            "recency",
            (Term("hotel_request__days_since_stay_here", -1.0, missing=10_000.0), POPULAR),
        ),
        OrderBy("personal_frequency", (Term("traveller_hotels__stays_here"), POPULAR)),
        OrderBy("co_occurrence", (Term(CO_VISITS, 100.0), POPULAR)),
        OrderBy("markov", (Term(FOLLOWS, 100.0), POPULAR)),
    ),
    candidate=BoostedRanker(
        query=QUERY,
        reads=(*HOTEL, *PLACE, *TRAVELLER, *PAIR, *REQUEST),
        optional=DATES,
        base=TASTE,
    ),
    behaviour=behaviour,
    shown=("ndcg_5", "hit_rate_5", "mrr", "coverage", "ndcg_5_within"),
    # Only the newest index leads to hotels that are new.
    gate=GateRule(metric="ndcg_5", rises=True, renews=0.02),
)
