"""The traveller gender model: the chances that somebody states male, female or nothing.

Entity row: a traveller, at the release's as_of. Label: the gender in the users' files. What it
must beat: the shares of the classes, and naive Bayes on the letters of the first name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa

from tambo.serving.spec import Input
from training.behaviour import Predict
from training.classification import Classification
from training.design import Design
from training.gate import Check, GateRule
from training.labels import LabelTable
from training.softmax import Logistic, NaiveBayes, Shares
from training.spec import Grouping, ModelSpec
from training.splits import PersonSplit

CLASSES = ("male", "female", "none")
NAME = "traveller_profile__first_name"
HABITS = (
    "traveller_profile__age",
    "traveller_travel__trips_booked",
    "traveller_travel__mean_fare_paid",
    "traveller_travel__first_class_share",
    "traveller_travel__legs_90d",
    "traveller_stays__stays_booked",
    "traveller_stays__mean_nights_stayed",
    "traveller_stays__mean_nightly_price_paid",
)


def entity_rows(labels: pa.Table) -> pa.Table:
    """What `traveller_gender_v1` is asked for."""
    return labels.select(["user_code", "event_timestamp"])


def behaviour(predict: Predict, rows: Design) -> Sequence[Check]:
    """Test that chances are chances, and that habits do not outweigh the name."""
    unknown = rows.without([one.name for one in rows.inputs])
    sums = max(float(np.abs(predict(one).sum(axis=1) - 1.0).max()) for one in (rows, unknown))
    nobody = predict(unknown)
    alike = float(np.abs(nobody - nobody[0]).max())
    before, after = predict(rows), predict(rows.without(HABITS))
    moved = float(np.abs(after - before).max(axis=1).mean())
    return (
        Check("chances_sum_to_one", sums < 1e-4, sums, 1e-4, "largest distance of a sum from 1"),
        Check("nobody_is_anybody", alike < 1e-6, alike, 1e-6, "difference where nothing is known"),
        Check("habits_are_faint", moved < 0.1, moved, 0.1, "mean change of a chance without them"),
    )


MODEL = ModelSpec(
    name="traveller_gender",
    domain="travel",
    description="Chances that a traveller states male, female or none",
    label=LabelTable(
        name="marts.label_traveller_gender",
        key=("user_code",),
        label="gender",
        window=timedelta(0),
    ),
    unit="chance",
    task=Classification(CLASSES, told=("male", "female")),
    feature_service="traveller_gender_v1",
    entity_rows=entity_rows,
    inputs=(
        Input(name=NAME, kind="ngrams", buckets=4096),
        *(Input(name=name, kind="number") for name in HABITS),
    ),
    unit_of_split="user_code",
    report_by={"gender": ("gender",), "age_from": ("age_from",), "company": ("company",)},
    split=PersonSplit("user_code"),
    groupings=(
        Grouping(
            name="unseen_person",
            columns=("user_code",),
            group=str,
            missing=(),
            variants={"without_name": (NAME,)},
        ),
        Grouping(
            name="unseen_first_name",
            columns=(NAME,),
            group=lambda name: str(name).casefold(),
            missing=(),
        ),
    ),
    baselines=(Shares(len(CLASSES)), NaiveBayes(NAME, len(CLASSES))),
    candidate=Logistic(len(CLASSES)),
    behaviour=behaviour,
    shown=("accuracy", "log_loss", "accuracy_told", "calibration_error", "named"),
    gate=GateRule(metric="log_loss"),
)
