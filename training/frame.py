"""The training frame: each part's labels with the features known at their times."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tambo.errors import TrainingError
from tambo.featurestore.certificate import Certificate
from tambo.featurestore.historical import get_features
from tambo.lake import reader
from tambo.lake.releases import Release
from tambo.serving.candidate_index import CandidateIndex
from tambo.settings import Settings
from training.dated_index import DatedIndex
from training.forecast.horizon import Counts
from training.forecast.rolling import RollingOrigin
from training.labels import require
from training.spec import ModelSpec
from training.splits import CALIBRATION, TEST, TRAIN, Bounds

PARTS = (TRAIN, CALIBRATION, TEST)


@dataclass(frozen=True)
class Frame:
    """Labelled rows with their features, by part.

    Attributes:
        parts: a table for train, calibration and test: the label mart's columns, then one column
            view__feature for each feature.
        bounds: where the parts begin and end.
        certificate: what the features were made of, verified.
        index: the candidate index of all that is known at the release; None without candidates.
        histories: of a forecast, the counts known at each test origin, by series.
    """

    parts: Mapping[str, pa.Table]
    bounds: Bounds
    certificate: Certificate
    index: CandidateIndex | None = None
    histories: Mapping[datetime, Mapping[str, Counts]] = field(default_factory=dict)

    def digest(self) -> str:
        """Hash of all rows, labels and features: the same for the same training frame."""
        found = hashlib.sha256()
        for name in PARTS:
            for column in self.parts[name].column_names:
                found.update(f"{name}.{column}\0".encode())
                for part in _canonical(self.parts[name].column(column)):
                    found.update(part)
        return found.hexdigest()[:32]


def _canonical(column: pa.ChunkedArray) -> Iterator[bytes]:
    """Bytes that depend on the values alone: not on chunks, nor on what lies below a null."""
    yield str(column.type).encode()
    yield np.asarray(column.is_valid().to_numpy(), dtype=np.bool_).tobytes()
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    if pa.types.is_list(column.type):
        for chunk in column.chunks:
            yield np.asarray(chunk.value_lengths().fill_null(-1)).tobytes()
            yield from _canonical(pa.chunked_array([chunk.flatten()]))
        return
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        yield pc.fill_null(column, pa.scalar(0, column.type)).to_numpy().tobytes()
    else:
        yield "\0".join(map(str, column.to_pylist())).encode()


def build_frame(settings: Settings, spec: ModelSpec, release: Release) -> Frame:
    """Read labels and features of a model, at a release and nothing newer.

    Raises:
        TrainingError: the release holds no labels, or too few.
        FeatureError: the features cannot be had, or break the promises of their certificate.
    """
    with reader(settings, release.snapshot_id) as connection:
        require(connection, spec.label)
        labels, bounds = spec.split.read(connection, spec.label, release.as_of.of(spec.domain))
        indexes: list[DatedIndex] = []
        histories: Mapping[datetime, Mapping[str, Counts]] = {}
        if isinstance(spec.split, RollingOrigin):
            histories = spec.split.histories(connection, spec.label, labels[TEST])
        if spec.candidates is not None:
            labels = {
                name: spec.candidates.expand(connection, name, rows)
                for name, rows in labels.items()
            }
            ends = [bounds.calibration_start, bounds.test_start, bounds.as_of]
            indexes = spec.candidates.dated_indexes(connection, labels[TRAIN], ends, settings.seed)
    asked = pa.concat_tables([spec.entity_rows(labels[name]) for name in PARTS])
    found = get_features(settings, spec.feature_service, asked, release=release.number)
    found.certificate.verify()
    if found.table.num_rows != asked.num_rows:
        raise TrainingError(
            f"{spec.feature_service} answered {found.table.num_rows} rows for {asked.num_rows}."
        )
    features = found.table.select(found.table.column_names[asked.num_columns :])
    parts, start = {}, 0
    for name in PARTS:
        rows = labels[name]
        part = features.slice(start, rows.num_rows)
        for column in part.column_names:
            rows = rows.append_column(column, part.column(column))
        if spec.candidates is not None:
            rows = spec.candidates.annotate(indexes, rows)
        if spec.horizon is not None:
            rows = spec.horizon.ahead(rows)
        parts[name] = rows
        start += rows.num_rows
    index = indexes[-1].index if indexes else None
    return Frame(parts, bounds, found.certificate, index, histories)
