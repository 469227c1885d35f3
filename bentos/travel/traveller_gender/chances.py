"""From travellers to the chances of their gender. A name goes into the model and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bentos.inference.features import ModelFeatures, is_known
from bentos.travel.traveller_gender.schemas import (
    GenderRequest,
    Probabilities,
    TravellerGender,
)
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.requesttime.travel import first_name
from tambo.serving.model import ServedModel

FIRST_NAME = "traveller_profile__first_name"
"""Full name of the feature that a name in the request replaces, and that no answer shows."""

_DIGITS = 6


class GenderClassifier:
    """Answers the chances of the genders; may be used by several threads.

    Args:
        model: the champion.
        reader: the online features of its feature service.

    Raises:
        ServingError: the model wants an input that neither a request nor a feature gives, or it
            answers other classes.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader) -> None:
        self._features = ModelFeatures(model, reader, entity=("user_code",), withheld=(FIRST_NAME,))
        spec = model.spec
        known = tuple(Probabilities.model_fields)
        if sorted(spec.classes) != sorted(known):
            raise ServingError(
                f"model {spec.model} answers chances of {', '.join(spec.classes) or 'nothing'},"
                f" and not of {', '.join(known)}",
                remedy="train traveller_gender again and bundle it",
            )
        self._model = model

    def answer(
        self, requests: Sequence[GenderRequest], batch: bool = True
    ) -> list[TravellerGender]:
        """Answer the chances of some travellers; see `Answerer`."""
        del batch  # no field is wrong that the schema lets pass
        stored = self._features.read(requests)
        told = [_told(one) for one in requests]
        inputs = [{**row.values, **extra} for row, extra in zip(stored, told, strict=True)]
        chances = self._model.predict(inputs)
        return [
            self._answer(one, row, extra, values)
            for one, row, extra, values in zip(requests, stored, told, chances, strict=True)
        ]

    def _answer(
        self,
        request: GenderRequest,
        row: OnlineRow,
        extra: Mapping[str, object],
        chances: NDArray[np.float64],
    ) -> TravellerGender:
        spec = self._model.spec
        likeliest = int(chances.argmax())
        abstains = spec.abstain_below is not None and chances[likeliest] < spec.abstain_below
        gender: Any = None if abstains else spec.classes[likeliest]
        known = is_known(row)
        return TravellerGender(
            gender=gender,
            probabilities=Probabilities(**_rounded(spec.classes, chances)),
            abstain_below=spec.abstain_below,
            coldStart=not known,
            model=self._features.version,
            release=row.release,
            as_of=row.as_of,
            asked_at=row.asked_at,
            warnings=self._features.warnings(row, _warnings(request, row, known)),
            features=self._features.shown(row, extra),
        )


def _told(request: GenderRequest) -> dict[str, object]:
    """The feature that a request states instead of the stored one, by full name."""
    # Blanks of other scripts around a name are not part of its first word.
    return {} if request.name is None else {FIRST_NAME: first_name(request.name.strip())}


def _rounded(classes: Sequence[str], chances: NDArray[np.float64]) -> dict[str, float]:
    """Chances with few digits; the largest takes what rounding leaves, so that they sum to one."""
    found = {
        name: round(float(chance), _DIGITS) for name, chance in zip(classes, chances, strict=True)
    }
    largest = max(found, key=lambda name: found[name])
    rest = sum(chance for name, chance in found.items() if name != largest)
    return found | {largest: round(1.0 - rest, _DIGITS)}


def _warnings(request: GenderRequest, row: OnlineRow, known: bool) -> list[str]:
    found = []
    if request.user_code is not None and not known:
        found.append(f"nothing is stored of traveller {request.user_code}")
    stored = row.cells.get(FIRST_NAME)
    if request.name is None and (stored is None or stored.value is None):
        found.append("no first name is known: little tells this traveller from any other")
    return found
