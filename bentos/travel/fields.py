"""Fields that requests to the travel service share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

UserCode = Annotated[
    int | None, Field(alias="userCode", ge=0, lt=2**63, description="code of the traveller")
]
