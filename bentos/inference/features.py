"""The online features of one model: read for requests, and shown in answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bentos.inference.answers import FeatureValue, ModelVersion
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.serving.model import ServedModel

NOT_COMPUTED = "an input of it is missing"
WITHHELD = "withheld: personal data"


class Asking(Protocol):
    """A request, as far as features are concerned."""

    @property
    def asked_at(self) -> datetime | None:
        """The instant of the request; None: the store's own."""


class ModelFeatures:
    """Reads the features of one model's feature service, and says what an answer rests on.

    Args:
        model: the champion.
        reader: the online features of its feature service, and of no other.
        entity: fields of a request that stored features are looked up by.
        given: fields of a request that the model, or a request-time feature, reads.
        computed: inputs of the model that its endpoint computes itself.
        withheld: full names of features whose values no answer may show.

    Raises:
        ServingError: the model wants an input that neither a request nor a feature gives.
    """

    def __init__(
        self,
        model: ServedModel,
        reader: OnlineReader,
        *,
        entity: Sequence[str],
        given: Sequence[str] = (),
        computed: Sequence[str] = (),
        withheld: Collection[str] = (),
    ) -> None:
        _refuse_unknown_inputs(model, {*entity, *given, *computed, *model.manifest.feature_names})
        spec = model.spec
        self._spec = spec
        self._manifest = model.manifest
        self._reader = reader
        self._entity = tuple(entity)
        self._given = tuple(given)
        self._withheld = frozenset(withheld)
        self.version = ModelVersion(
            name=spec.model,
            version=spec.version,
            estimator=spec.estimator,
            baseline=spec.baseline,
            release=spec.release,
        )

    def read(self, requests: Sequence[Asking]) -> list[OnlineRow]:
        """Look up the stored features of some requests, all in one go.

        Raises:
            OnlineStoreError: features cannot be read.
        """
        rows = self._reader.read(
            [self.entity(one) for one in requests], [one.asked_at for one in requests]
        )
        if not any(is_known(row) for row in rows):
            # Unknown to us, or a store that lost its data: then no answer is better than this one.
            self._reader.check()
        return rows

    def entity(self, request: object) -> dict[str, object]:
        """Fields of a request that stored features are looked up by."""
        return {name: getattr(request, name) for name in self._entity}

    def given(self, request: object) -> dict[str, object]:
        """Fields of a request that the model, or a request-time feature, reads."""
        return {name: getattr(request, name) for name in self._given}

    def on_demand(
        self,
        functions: Mapping[str, Callable[..., Mapping[str, object]]],
        request: object,
        row: OnlineRow,
    ) -> dict[str, object]:
        """Compute the on-demand features of one request, by full feature name.

        Args:
            functions: by on-demand view.
            request: states what is not stored.
            row: what is stored.
        """
        found: dict[str, object] = {}
        # A cell says more than a value, and takes longer to make.
        stored = row.values
        given = {**self.given(request), "asked_at": row.asked_at}
        for view in self._manifest.on_demand:
            arguments = {name: given[name] for name in view.request}
            arguments |= {name: stored[full] for name, full in view.stored.items()}
            values = functions[view.name](**arguments)
            found |= {f"{view.name}__{name}": values[name] for name in view.features}
        return found

    def shown(self, row: OnlineRow, extra: Mapping[str, object]) -> list[FeatureValue]:
        """All features of the service as an answer shows them, and what else the model read.

        Args:
            row: what is stored.
            extra: features that come from the request, by full name; they replace stored ones.
        """
        found = []
        for name in dict.fromkeys((*self._manifest.feature_names, *extra)):
            if name in extra:
                value, event, age = extra[name], None, None
                reason = NOT_COMPUTED if value is None else None
            else:
                value, event, age, reason = row.cells[name]
            if value is not None and name in self._withheld:
                value, reason = None, WITHHELD
            found.append(_feature(name, value, event, age, reason))
        return found

    def warnings(self, row: OnlineRow, own: Sequence[str] = ()) -> list[str]:
        """What makes an answer less sure than others: of the store, the answer's own, of the model.

        Args:
            row: what is stored.
            own: of this answer.
        """
        found = []
        if row.release < self.version.release:
            found.append(
                f"features are of release {row.release}, older than release "
                f"{self.version.release} that the model was trained at"
            )
        found += own
        if self.version.baseline:
            found.append(f"no trained model beat the baseline {self.version.estimator}")
        if self._spec.failed:
            checks = ", ".join(self._spec.failed)
            found.append(f"the best model that can serve, though it failed the gate: {checks}")
        return found


def is_known(row: OnlineRow) -> bool:
    """Tell whether any feature is stored for an entity."""
    return any(cell.value is not None for cell in row.cells.values())


def _refuse_unknown_inputs(model: ServedModel, given: Collection[str]) -> None:
    unknown = sorted(set(model.spec.columns) - set(given))
    if unknown:
        raise ServingError(
            f"model {model.spec.model} wants {', '.join(unknown)}, which no request and no feature"
            f" of {model.manifest.feature_service} gives",
            remedy="train it on the features of its feature service, and bundle it again",
        )


def _feature(
    name: str, value: object, event: datetime | None, age: float | None, reason: str | None
) -> FeatureValue:
    if isinstance(value, float) and not math.isfinite(value):
        value, reason = None, "not a finite number in the store"
    return FeatureValue(
        name=name, value=value, event_timestamp=event, age_seconds=age, reason_if_null=reason
    )
