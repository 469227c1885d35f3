"""Feedback: what a person said of one answer of a served model.

It is personal data, since it names a traveller by their code: what they liked, booked or did not
want. It holds no names and no free text.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

from tambo.lake import spool
from tambo.lake.drain import drain_if_free
from tambo.settings import Settings

TOPIC = "monitoring.feedback"
"""The table of the lake that feedback goes to."""

Text = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]*$")]


class Feedback(BaseModel):
    """What was said of one item of one answer.

    Attributes:
        id: made by whoever asks for it; said again under the same id, it counts once.
        given_at: when it was said, with a zone.
        kind: useful, not for me, or booked.
        domain: travel, tourism or fleet.
        endpoint: path that had answered, as /v1/hotel-recommendations.
        model: name of the model that had answered.
        model_version: its version in the registry.
        release: release of the lake that it stood on.
        subject: code of the traveller; None for somebody unknown.
        item: name of the hotel.
        place: where the hotel is.
        rank: its place in the answer, from 1.
        destination, budget, nights, travel_date: what was asked for, where it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    id: Text = Field(default_factory=lambda: uuid4().hex)
    given_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    kind: Literal["useful", "not_for_me", "booked"]
    domain: Text
    endpoint: Text
    model: Text
    model_version: Text
    release: int = Field(ge=1)
    subject: Text | None = None
    item: Text
    place: Text | None = None
    rank: int | None = Field(default=None, ge=1)
    destination: Text | None = None
    budget: FiniteFloat | None = Field(default=None, ge=0)
    nights: int | None = Field(default=None, ge=1)
    travel_date: date | None = None


def record(settings: Settings, feedback: Feedback) -> bool:
    """Keep feedback: when this returns, it is on the disk, whoever writes the lake.

    Args:
        settings: the Tambo home.
        feedback: what was said.

    Returns:
        Whether it is in the lake; else it waits in the spool, and the writer moves it when it ends.

    Raises:
        SpoolError: the disk refuses it; it is not kept.
    """
    now = datetime.now(UTC)
    values = feedback.model_dump(mode="json") | {
        "given_at": _utc(feedback.given_at),
        "recorded_at": _utc(now),
    }
    spool.append(settings, TOPIC, [values])
    return drain_if_free(settings)


def _utc(instant: datetime) -> str:
    """As the lake has times: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
