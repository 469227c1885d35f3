"""A feature service as a small JSON file: all that a reader of the online store must know.

It is made once, when a model is logged, by `resolve`, and travels with the model. A service that
holds it needs neither Feast nor the registry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from tambo.errors import FeatureError


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JoinKey(_Part):
    """One column of a view's entity key."""

    name: str = Field(description="as it is stored")
    column: str | None = Field(description="as the caller names it; None for a view without entity")
    type: str = Field(description="Feast value type, for example INT64")


class Feature(_Part):
    """One stored feature."""

    name: str
    type: str = Field(description="Feast value type, for example DOUBLE")
    redis_field: str = Field(description="hash field in Redis: murmur3 of view:feature, hex")
    requested: bool = Field(
        default=True, description="False: read only because an on-demand view needs it"
    )


class View(_Part):
    """One feature view as the service uses it: an alias makes a second one of the same store."""

    name: str = Field(description="view or alias; the prefix of full feature names")
    stored: str = Field(description="name under which Feast stores it")
    join_keys: tuple[JoinKey, ...]
    features: tuple[Feature, ...]
    ttl_seconds: float = Field(ge=0, description="age at which a value expires; 0 means never")

    def full_name(self, feature: Feature) -> str:
        """Name of a feature in training frames and in answers."""
        return f"{self.name}__{feature.name}"


class OnDemand(_Part):
    """One on-demand view: computed at the request by a function of tambo.requesttime."""

    name: str
    features: dict[str, str] = Field(description="Feast value types by feature")
    request: dict[str, str] = Field(description="Feast value types by field of the request")
    stored: dict[str, str] = Field(description="full feature names by argument")


class OnlineManifest(_Part):
    """A resolved feature service."""

    project: str
    feature_service: str
    release: int
    domain: str | None = Field(
        default=None,
        description="whose as_of values are judged at; None: of the one that the store holds",
    )
    as_of: AwareDatetime = Field(description="newest availability in the release, of the domain")
    key_version: int = Field(default=3, description="Feast's entity key serialisation version")
    views: tuple[View, ...]
    on_demand: tuple[OnDemand, ...] = ()

    @property
    def columns(self) -> dict[str, str]:
        """Value types by the columns that an entity row may have."""
        return {
            key.column: key.type
            for view in self.views
            for key in view.join_keys
            if key.column is not None
        }

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Full names of all features that the service promises, in order."""
        stored = [v.full_name(f) for v in self.views for f in v.features if f.requested]
        return (
            *stored,
            *(f"{view.name}__{name}" for view in self.on_demand for name in view.features),
        )

    def save(self, path: Path) -> None:
        """Write the manifest as JSON, always the same bytes for the same manifest."""
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a manifest.

        Raises:
            FeatureError: the file is missing or is not a manifest.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise FeatureError(
                f"{path}: not an online manifest: {error}", remedy="train the model again"
            ) from error
