"""Parts of answers: which model spoke, from which features, of which release."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field


class FeatureValue(BaseModel):
    """One feature that the answer rests on."""

    name: str = Field(description="view__feature")
    value: Any = Field(description="null if there is none")
    event_timestamp: datetime | None = Field(
        description="when it last changed; null for what was computed from the request"
    )
    age_seconds: float | None = Field(description="from then until asked_at")
    reason_if_null: str | None = Field(description="why the value is null")


class ModelVersion(BaseModel):
    """The model that gave the answer."""

    name: str
    version: str | None
    estimator: str
    baseline: bool = Field(
        description="true: no trained model beat the baseline, so the baseline answers"
    )
    release: int = Field(description="release that the model was trained on")


Release = Annotated[int, Field(description="release that the features were read from")]
AsOf = Annotated[datetime, Field(description="newest availability in that release, of this domain")]
Asked = Annotated[datetime, Field(description="instant that ages are counted to")]
Warnings = Annotated[list[str], Field(description="what makes this answer less sure than others")]
