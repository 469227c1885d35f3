"""Tourism's doors: by which ways its raw rows come in."""

from __future__ import annotations

from tambo.sources.calendar.event_door import EventDoor
from tambo.sources.calendar.holiday_door import HolidayDoor
from tambo.sources.camera.camera_door import CameraDoor
from tambo.sources.door import Door
from tambo.sources.tourism.visitors import Visitors
from tambo.sources.tourism.weather import Weather
from tambo.sources.tourism.weather_forecast import WeatherForecast

DOMAIN = "tourism"

DOORS: tuple[Door, ...] = (
    Visitors(),
    CameraDoor(DOMAIN),
    Weather(),
    WeatherForecast(),
    HolidayDoor(DOMAIN),
    EventDoor(DOMAIN),
)
"""In the order in which they are fetched and listed."""
