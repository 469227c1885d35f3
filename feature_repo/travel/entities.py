"""Entities of travel: who and what features are about.

Feast 0.67 knows one join key an entity, so a route or a fare is several entities on one view:
route = origin and destination; fare = these, flight_type and agency.
"""

from __future__ import annotations

from feast import Entity, ValueType  # noqa: TID253 - only definitions are in this module

OWNER = "travel-data"
TAGS = {"domain": "travel"}


def _entity(name: str, join_key: str, value_type: ValueType, description: str) -> Entity:
    return Entity(
        name=name,
        join_keys=[join_key],
        value_type=value_type,
        description=description,
        owner=OWNER,
        tags=TAGS,
    )


traveller = _entity(
    "traveller", "user_code", ValueType.INT64, "A person who travels, by the code of the users file"
)
origin = _entity("origin", "origin", ValueType.STRING, "Place that a flight leaves from")
destination = _entity("destination", "destination", ValueType.STRING, "Place that a flight goes to")
flight_type = _entity(
    "flight_type", "flight_type", ValueType.STRING, "Class: economic, premium or firstClass"
)
agency = _entity("agency", "agency", ValueType.STRING, "Agency that sells the flight")
hotel = _entity("hotel", "hotel_name", ValueType.STRING, "A hotel, by its name at its place")
place = _entity("place", "place", ValueType.STRING, "A town, as origin, destination or stay")
