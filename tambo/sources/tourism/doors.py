"""The doors of tourism: by which ways its raw rows come in."""

from __future__ import annotations

from tambo.sources.calendar.event_door import EventDoor
from tambo.sources.calendar.holiday_door import HolidayDoor
from tambo.sources.camera.camera_door import CameraDoor
from tambo.sources.door import Door

DOMAIN = "tourism"

DOORS: tuple[Door, ...] = (HolidayDoor(DOMAIN), EventDoor(DOMAIN), CameraDoor(DOMAIN))
