"""What every served artefact says of itself: which version of which model it is.

A model that is no graph, such as a response that plans are made from, brings this as
`VERSION_FILE` beside its own file; a graph's `ServingSpec` says the same and more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tambo.errors import ServingError

VERSION_FILE = "version.json"


class Part(BaseModel):
    """Base of an artefact's parts: immutable, and no field that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class ServedVersion(Part):
    """One version of a model."""

    model: str = Field(description="registered name, for example flight_price")
    version: str | None = Field(
        default=None, description="version in the model registry; filled in when it is bundled"
    )
    estimator: str = Field(description="xgboost, linear, route_class_mean, ...")
    baseline: bool = Field(
        default=False, description="no candidate passed the gate: the best baseline serves"
    )
    run_id: str
    feature_service: str
    release: int
    as_of: AwareDatetime = Field(
        description="newest availability in the release, of the model's domain"
    )

    def save(self, path: Path) -> None:
        """Write it as JSON, always the same bytes for the same content."""
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it.

        Raises:
            ServingError: the file is missing or does not say what it must.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ServingError(
                f"{path}: not a serving spec: {error}", remedy="train the model again"
            ) from error
