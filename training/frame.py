"""The training frame: each part's labels with the features known at their times."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from tambo.errors import TrainingError
from tambo.featurestore.certificate import Certificate
from tambo.featurestore.historical import get_features
from tambo.lake import reader
from tambo.lake.releases import Release
from tambo.settings import Settings
from training.labels import require
from training.spec import ModelSpec
from training.splits import CALIBRATION, TEST, TRAIN, Bounds, read_split, time_bounds

PARTS = (TRAIN, CALIBRATION, TEST)


@dataclass(frozen=True)
class Frame:
    """Labelled rows with their features, by part.

    Attributes:
        parts: a table for train, calibration and test: the label mart's columns, then one column
            view__feature for each feature.
        bounds: where the parts begin and end.
        certificate: what the features were made of, verified.
    """

    parts: Mapping[str, pa.Table]
    bounds: Bounds
    certificate: Certificate

    def digest(self) -> str:
        """Hash of all rows, labels and features: the same for the same training frame."""
        found = hashlib.sha256()
        for name in PARTS:
            table = self.parts[name].combine_chunks()
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            found.update(sink.getvalue())
        return found.hexdigest()[:32]


def build_frame(settings: Settings, spec: ModelSpec, release: Release) -> Frame:
    """Read labels and features of a model, at a release and nothing newer.

    Raises:
        TrainingError: the release holds no labels, or too few.
        FeatureError: the features cannot be had, or break the promises of their certificate.
    """
    with reader(settings, release.snapshot_id) as connection:
        require(connection, spec.label)
        bounds = time_bounds(connection, spec.label, spec.split, release.as_of)
        labels = read_split(connection, spec.label, spec.split, bounds)
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
        parts[name] = rows
        start += rows.num_rows
    return Frame(parts, bounds, found.certificate)
