"""Models that are not made of labelled rows: they bring their own way to a version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import duckdb
import pyarrow as pa

from tambo.lake.releases import Release
from tambo.settings import Settings
from training.candidates import Candidates
from training.labels import LabelTable
from training.registry import ModelVersion


@runtime_checkable
class OwnTraining(Protocol):
    """What `tambo train` needs of such a model; it is found and reported like any other."""

    @property
    def name(self) -> str:
        """Registered name."""
        ...

    @property
    def domain(self) -> str:
        """Its slice."""
        ...

    @property
    def label(self) -> LabelTable:
        """The label mart."""
        ...

    @property
    def feature_service(self) -> str:
        """The only source of its features."""
        ...

    @property
    def candidates(self) -> Candidates | None:
        """None: it chooses among nothing."""
        ...

    @property
    def trials(self) -> int:
        """Trials of its search; 0 where there is none."""
        ...

    @property
    def steps(self) -> int:
        """How many steps `train` tells of."""
        ...

    def options(self, settings: Settings) -> Mapping[str, str]:
        """Settings that it depends on, by name: an equal training has equal ones."""
        ...

    def proved(self, connection: duckdb.DuckDBPyConnection, known_by: datetime) -> pa.Table:
        """Label rows known by an instant whose features the proof of leakage looks at.

        Args:
            connection: the lake, attached at the release's snapshot.
            known_by: naive, UTC.
        """
        ...

    def entity_rows(self, labels: pa.Table) -> pa.Table:
        """What the feature service is asked for, of rows of `proved`."""
        ...

    def train(
        self,
        settings: Settings,
        release: Release,
        identity: Mapping[str, str],
        tell: Callable[[str], None],
    ) -> ModelVersion:
        """Train at a release, judge, log and register.

        Args:
            settings: the Tambo home.
            release: what is known.
            identity: tags by which an equal training is recognised.
            tell: told each step.

        Raises:
            TrainingError: the release holds too little to train on.
        """
        ...

    def figures(self, reports: Mapping[str, Any]) -> list[str]:
        """Lines of the model card, from the reports of a version."""
        ...
