"""Entities of tourism: what features are about."""

from __future__ import annotations

from feast import Entity, ValueType  # noqa: TID253 - only definitions are in this module

OWNER = "tourism-data"
TAGS = {"domain": "tourism"}

location = Entity(
    name="location",
    join_keys=["location"],
    value_type=ValueType.STRING,
    description="Where visitors are counted: a site, a beach, a square",
    owner=OWNER,
    tags=TAGS,
)
