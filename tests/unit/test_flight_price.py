"""What the flight price model declares: requests without a label, features of its service."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest
import training_rows

from feature_repo.travel.services import flight_price_v1
from tambo.errors import TrainingError
from training.design import column, encode, learn_vocabularies
from training.experiment import models, train
from training.travel.flight_price import MODEL, entity_rows


def labels() -> pa.Table:
    return pa.table(
        {
            "travel_code": [1],
            "origin": ["Recife"],
            "destination": ["Natal"],
            "event_timestamp": [datetime(2025, 3, 1, 12)],
            "created_timestamp": [datetime(2025, 4, 1)],
            "user_code": [7],
            "flight_type": ["premium"],
            "agency": ["Azul"],
            "travel_date": [date(2025, 3, 9)],
            "booked_at": [datetime(2025, 3, 1, 12)],
            "distance_km": [300.5],
            "duration_hours": [0.9],
            "leg_number": [1],
            "price": [500.0],
        }
    )


def test_a_request_tells_neither_price_nor_when_it_became_known():
    asked = entity_rows(labels())
    assert asked["travel_date"].to_pylist() == ["2025-03-09"]
    assert {*asked.column_names}.isdisjoint({"price", "created_timestamp", "booked_at"})
    assert asked["distance_km"].to_pylist() == [300.5]


def test_every_input_is_a_feature_of_the_service_or_a_field_of_the_request():
    served = {
        f"{view.name_to_use()}__{feature.name}"
        for view in flight_price_v1.feature_view_projections
        for feature in view.features
    }
    fields = {"origin", "destination", "flight_type", "agency"}
    sources = {name for one in MODEL.inputs for name in one.sources}
    assert sources <= served | fields
    assert MODEL.feature_service == flight_price_v1.name


def test_gender_and_employer_are_no_inputs():
    names = " ".join(one.name for one in MODEL.inputs)
    assert "gender" not in names
    assert "company" not in names


def test_the_model_is_discovered():
    assert models()["flight_price"] is MODEL


def test_an_unknown_model_names_those_there_are(tmp_path):
    from tambo.settings import Settings

    with pytest.raises(TrainingError, match="no model 'fligth_price'") as raised:
        train(Settings(home=tmp_path), "fligth_price")
    assert "flight_price" in raised.value.remedy


def test_vocabularies_come_from_the_training_rows_alone():
    inputs = learn_vocabularies(MODEL.inputs, labels())
    agency = next(one for one in inputs if one.name == "agency")
    cabin = next(one for one in inputs if one.name == "flight_type")
    assert agency.vocabulary == ("Azul",)
    assert cabin.vocabulary == ("economic", "premium", "firstClass")
    made = encode(training_rows.table(50), inputs, "price", MODEL.columns)
    codes = made.matrix[:, made.positions(["agency"])[0]]
    assert {*codes.tolist()} == {0.0, -1.0}


def test_a_missing_feature_is_named():
    with pytest.raises(TrainingError, match="no column fare_prices__fare_mean"):
        column(labels(), "fare_prices__fare_mean")
