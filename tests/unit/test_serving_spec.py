"""The model artefact: inputs are encoded as training encoded them, or the request is refused."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from pydantic import ValidationError

from tambo.errors import ServingError
from tambo.serving.spec import Band, Input, Interval, ServingSpec, category_key

NUMBER = Input(name="route_fares__route_fare_mean", kind="number")
AGENCY = Input(name="agency", kind="category", vocabulary=("CloudFy", "Rainbow"))
ROUTE = Input(
    name="route", kind="category", vocabulary=("Recife|Natal",), columns=("origin", "destination")
)
INTERVAL = Interval(
    level=0.9,
    kind="relative",
    overall=Band(low=-0.2, high=0.3),
    by_group={"economic": Band(low=-0.1, high=0.1)},
    unseen=Band(low=-0.9, high=0.9),
)


def spec(*inputs: Input, **other: object) -> ServingSpec:
    fields = {
        "model": "flight_price",
        "estimator": "xgboost",
        "run_id": "r",
        "feature_service": "s_v1",
        "release": 1,
        "target": "price",
        "unit": "BRL",
        "as_of": datetime(2026, 1, 1, tzinfo=UTC),
        "interval": INTERVAL,
        **other,
    }
    return ServingSpec(inputs=inputs or (NUMBER, AGENCY, ROUTE), **fields)


def row(**changes: object) -> dict[str, object]:
    return {
        NUMBER.name: 812.5,
        "agency": "Rainbow",
        "origin": "Recife",
        "destination": "Natal",
        **changes,
    }


def test_a_row_becomes_numbers_and_codes():
    matrix = spec().encode(
        [row(), row(agency="FlyNew", origin=None), row(**{NUMBER.name: None, "agency": None})]
    )
    assert matrix.dtype == np.float32
    assert matrix.shape == (3, 3)
    assert matrix[0].tolist() == [812.5, 1.0, 0.0]
    assert matrix[1].tolist() == [812.5, -1.0, -1.0]
    assert math.isnan(matrix[2, 0])
    assert matrix[2, 1:].tolist() == [-1.0, 0.0]


@pytest.mark.parametrize("number", [7, True, 7.0, Decimal("7"), np.float32(7), np.int64(7)])
def test_every_kind_of_number_is_one(number):
    assert spec(NUMBER).encode([row(**{NUMBER.name: number}), row(**{NUMBER.name: None})])[
        0, 0
    ] == float(number)


@pytest.mark.parametrize(
    "wrong", ["7", math.inf, -math.inf, 1e39, datetime(2026, 1, 1, tzinfo=UTC), [1.0]]
)
def test_what_is_not_a_finite_number_is_refused_by_name(wrong):
    with pytest.raises(ServingError, match=NUMBER.name):
        spec(NUMBER).encode([row(**{NUMBER.name: wrong})])


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(ServingError, match="destination"):
        spec().encode([{key: value for key, value in row().items() if key != "destination"}])


def test_no_rows_give_an_empty_matrix():
    assert spec().encode([]).shape == (0, 3)


def test_columns_and_rows_are_encoded_alike():
    rows = [row(), row(agency=None), row(**{NUMBER.name: None})]
    columns = {name: [one[name] for one in rows] for name in spec().columns}
    np.testing.assert_array_equal(spec().encode(rows), spec().encode_columns(columns))


def test_categories_of_several_columns_never_share_a_name():
    assert category_key(["a|b", "c"]) != category_key(["a", "b|c"])
    assert category_key(["a\\", "b"]) != category_key(["a", "\\b"])


def test_the_file_gives_back_the_spec(tmp_path):
    one = spec(version="3", known={"agency": ("CloudFy",)}, metrics={"rmse": 1.5, "nan": math.nan})
    one.save(tmp_path / "serving.json")
    again = ServingSpec.load(tmp_path / "serving.json")
    assert again.model_dump_json() == one.model_dump_json()
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "serving.json").read_bytes()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"model": "x"}', "\xff"])
def test_a_file_that_is_no_spec_is_named(tmp_path, text):
    (tmp_path / "serving.json").write_text(text)
    with pytest.raises(ServingError, match=r"serving\.json"):
        ServingSpec.load(tmp_path / "serving.json")


def test_a_field_nobody_declared_is_refused(tmp_path):
    fields = {**json.loads(spec().model_dump_json()), "pickle": "cos"}
    (tmp_path / "serving.json").write_text(json.dumps(fields))
    with pytest.raises(ServingError, match="pickle"):
        ServingSpec.load(tmp_path / "serving.json")


def test_interval_follows_the_group_and_widens_for_what_is_unseen():
    assert INTERVAL.bounds(100.0, "economic") == (90.0, 110.0)
    assert INTERVAL.bounds(100.0, "balloon") == (80.0, 130.0)
    assert INTERVAL.bounds(100.0, "economic", seen=False) == (pytest.approx(10.0), 190.0)
    absolute = Interval(level=0.9, kind="absolute", overall=Band(low=-150.0, high=20.0))
    assert absolute.bounds(100.0) == (0.0, 120.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Input(name="a", kind="number", vocabulary=("x",)),
        lambda: Input(name="a", kind="category"),
        lambda: Input(name="a", kind="category", vocabulary=("x", "x")),
        lambda: Input(name="a", kind="number", columns=("b",)),
        lambda: Band(low=1.0, high=0.0),
        lambda: spec(NUMBER, NUMBER),
        lambda: spec(as_of=datetime(2026, 1, 1)),
        lambda: Interval(level=1.0, kind="relative", overall=Band(low=0, high=0)),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValidationError):
        wrong()


def test_what_training_saw_is_known():
    assert spec().known_values("agency") == ("CloudFy", "Rainbow")
    assert spec(known={"agency": ("FlyingDrops",)}).known_values("agency") == ("FlyingDrops",)
    assert spec().known_values("origin") is None
    assert spec().known_values(NUMBER.name) is None
