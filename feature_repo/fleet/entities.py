"""Entities of the fleet: what features are about.

Demand is booked at a base for a kind of vessel, so it is about these two; which vessel flies a trip
is decided later.
"""

from __future__ import annotations

from feast import Entity, ValueType  # noqa: TID253 - only definitions are in this module

OWNER = "fleet-data"
TAGS = {"domain": "fleet"}


def _entity(name: str, join_key: str, description: str) -> Entity:
    return Entity(
        name=name,
        join_keys=[join_key],
        value_type=ValueType.STRING,
        description=description,
        owner=OWNER,
        tags=TAGS,
    )


aircraft = _entity("aircraft", "aircraft_id", "A jet or a yacht, by its tail or hull number")
base = _entity("base", "base", "Where vessels are based and trips leave from")
vessel_type = _entity("vessel_type", "vessel_type", "Kind of vessel: Yacht, Private Jet or any")
