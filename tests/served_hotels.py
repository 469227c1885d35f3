"""A small real ranker of hotels with its candidate index: what training hands to serving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import online_feast
import online_hotels
import onnx
from online_hotels import GONE, HOME, HOTELS, NATAL, RECIFE
from onnx import TensorProto, helper, numpy_helper

from tambo.serving.candidate_index import (
    CO_VISITS,
    FOLLOWS,
    TASTE,
    TASTE_OF_ALL,
    CandidateIndex,
)
from tambo.serving.spec import Input, ServingSpec

WEIGHTS = {
    "hotel_stays__stays_90d": 0.05,
    "traveller_hotels__stays_here": 1.0,
    "hotel_request__trip_share_there": 0.5,
    "hotel_request__nights_to_usual": 0.1,
    CO_VISITS: 0.4,
    FOLLOWS: 0.4,
    # For somebody of whom nothing is known they cancel out.
    TASTE: 0.2,
    TASTE_OF_ALL: -0.2,
}
"""A score is the sum of these features, each times its weight; what is missing counts as 0."""

TEMPERATURE = 0.8
ITEMS = [*HOTELS, GONE]
NEAR = {("Pousada Sereia", RECIFE): {("Hotel Mar", RECIFE): 0.5, ("Farol", NATAL): 0.2}}
"""Whose guests stay where else, with the cosine; every hotel leads to itself with 1."""
NEXT = {("Duna", NATAL): {("Farol", NATAL): 0.7}}
EVERY_DAY, MONDAY = 0b1111111, 0b0000001
ROUTES = {
    (HOME, RECIFE): EVERY_DAY,
    (HOME, NATAL): MONDAY,
    (RECIFE, HOME): EVERY_DAY,
    (NATAL, HOME): EVERY_DAY,
}


def spec(**changes: object) -> ServingSpec:
    fields = {
        "model": "hotel_recommendation",
        "estimator": "linear",
        "run_id": "unregistered",
        "feature_service": online_hotels.SERVICE,
        "release": 1,
        "as_of": online_feast.AS_OF,
        "target": "hotel_name",
        "unit": "score",
        "inputs": tuple(Input(name=name, kind="number") for name in WEIGHTS),
        "temperature": TEMPERATURE,
        **changes,
    }
    return ServingSpec(**fields)


def graph() -> onnx.ModelProto:
    """score = the sum of the features times `WEIGHTS`."""
    weights = np.array([[one] for one in WEIGHTS.values()], np.float32)
    node = helper.make_node
    nodes = [
        node("IsNaN", ["features"], ["absent"]),
        node("Where", ["absent", "zero", "features"], ["filled"]),
        node("MatMul", ["filled", "w"], ["score"]),
    ]
    made = helper.make_graph(
        nodes,
        "hotels",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(WEIGHTS)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])],
        [
            numpy_helper.from_array(weights, "w"),
            numpy_helper.from_array(np.asarray(np.float32(0)), "zero"),
        ],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def index() -> CandidateIndex:
    itself = {one: {one: 1.0, **NEAR.get(one, {})} for one in ITEMS}
    near, near_weights = _leads(itself)
    after, after_weights = _leads(NEXT)
    told = [HOTELS.get(one, (1, 0, 200.0)) for one in ITEMS]
    return CandidateIndex(
        names=np.array([name for name, _ in ITEMS]),
        places=np.array([place for _, place in ITEMS]),
        popularity=np.array([lately for _, lately, _ in told], np.float32),
        prices=np.array([price for _, _, price in told], np.float32),
        near=near,
        near_weights=near_weights,
        next=after,
        next_weights=after_weights,
        factors=np.eye(len(ITEMS), 4, dtype=np.float32),
        draws=np.array([[-1.0], [1.0]], np.float32),
        weights=np.array([[0.1 * at, 1.0 - at] for at in range(len(ITEMS))], np.float32),
        origins=np.array([origin for origin, _ in ROUTES]),
        destinations=np.array([destination for _, destination in ROUTES]),
        weekdays=np.array(list(ROUTES.values()), np.uint8),
    )


def _leads(found: dict[tuple[str, str], dict[tuple[str, str], float]]):
    items = np.full((len(ITEMS), 3), -1, np.int32)
    weights = np.zeros((len(ITEMS), 3), np.float32)
    for one, others in found.items():
        for column, (other, weight) in enumerate(others.items()):
            items[ITEMS.index(one), column] = ITEMS.index(other)
            weights[ITEMS.index(one), column] = weight
    return items, weights


def save_index(folder: Path) -> None:
    """Write the index into an artefact's folder."""
    index().save(folder / "candidates.npz")
