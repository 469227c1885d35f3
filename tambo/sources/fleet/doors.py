"""The fleet's doors: by which ways its raw rows come in, besides files and messages."""

from __future__ import annotations

from tambo.sources.contracts import load
from tambo.sources.door import Door
from tambo.sources.fleet.flights import Flights
from tambo.sources.table_door import TableDoor

DOMAIN = "fleet"

DOORS: tuple[Door, ...] = (
    *(TableDoor(DOMAIN, table.name) for table in load(DOMAIN).ordered()),
    Flights(),
)
"""In the order in which they are fetched and listed: what others refer to comes first."""
