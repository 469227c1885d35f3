"""Entries that are told and what is answered; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from bentos.inference.requests import Batch, Instant, Name, Request, one_or_many

EXAMPLE: dict[str, Any] = {
    "aircraft_id": "OB-2041",
    "logged_at": "2026-03-01T10:15:00Z",
    "author": "R. Salas",
    "severity": "major",
    "entry": "Oil pressure of engine 2 fell in climb; filter changed, ran up, in limits.",
}
LONGEST_NAME, LONGEST_ENTRY = 100, 2000


def _lines(text: str) -> str:
    """Lines end as the lake has them."""
    plain = text.replace("\r\n", "\n")
    if "\r" in plain:
        raise ValueError("must not hold a carriage return that ends no line")
    return plain


Short = Annotated[Name, Field(max_length=LONGEST_NAME)]
# Tabs and ends of lines belong to a text; other control characters forge lines in a log.
Text = Annotated[
    str,
    Field(
        min_length=1, max_length=LONGEST_ENTRY, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
    ),
    AfterValidator(_lines),
]


class ServiceLog(Request):
    """One entry; told again with the same vessel, time and author it is a correction."""

    aircraft_id: Short = Field(description="tail or hull number, as in the register")
    logged_at: Instant = Field(
        description="when it was written, with its zone (RFC 3339); kept to the second"
    )
    author: Short | None = Field(
        default=None, description="who wrote it; left out: the token's owner"
    )
    severity: Literal["info", "minor", "major", "critical"] = Field(description="how grave it is")
    entry: Text | None = Field(default=None, description="what was found or done")
    withdrawn: bool = Field(default=False, description="takes the entry back")


class ServiceLogs(Batch[ServiceLog]):
    """Many entries in one call; all are kept, or none."""


class KeptServiceLog(BaseModel):
    """An entry that is kept."""

    aircraft_id: str
    logged_at: datetime
    author: str
    status: Literal["recorded", "corrected"] = Field(
        description="the first of its key, or a correction of the one before"
    )
    received_at: datetime = Field(description="when it was told first")


class KeptServiceLogs(BaseModel):
    """The same of a batch, in its order."""

    items: list[KeptServiceLog]


REQUEST = one_or_many(ServiceLog, ServiceLogs)
