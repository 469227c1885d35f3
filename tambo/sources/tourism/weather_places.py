"""The locations that weather is asked for, from the setting or a small CSV file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from tambo.errors import SettingsError

SETTING = "TAMBO_WEATHER_LOCATIONS"
COLUMNS = ["location", "latitude", "longitude"]


@dataclass(frozen=True)
class Place:
    """A location, as tourist_flow names it, and where it is, in degrees."""

    location: str
    latitude: float
    longitude: float


def places(told: str) -> list[Place]:
    """Read the setting: `name=latitude,longitude; ...`, or the path of a CSV.

    Raises:
        SettingsError: it says where, and what is wrong.
    """
    found = _inline(told) if "=" in told else _file(Path(told))
    names = [place.location for place in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"{SETTING} names {', '.join(twice)} twice.")
    if not found:
        raise SettingsError(f"{SETTING} names no location.")
    return found


def _inline(told: str) -> list[Place]:
    found = []
    for part in filter(None, (part.strip() for part in told.split(";"))):
        name, _, degrees = part.partition("=")
        latitude, _, longitude = degrees.partition(",")
        found.append(_place(f"{SETTING}: {part!r}", name, latitude, longitude))
    return found


def _file(path: Path) -> list[Place]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if reader.fieldnames is None or not set(COLUMNS) <= set(reader.fieldnames):
                raise SettingsError(
                    f"{path}: the header is {reader.fieldnames}.",
                    remedy=f"it must name {', '.join(COLUMNS)}",
                )
            return [
                _place(f"{path}, line {reader.line_num}", *(row[name] or "" for name in COLUMNS))
                for row in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            f"{SETTING} = {str(path)!r} is no list of locations, and no file that can be read: "
            f"{error}.",
            remedy="for example Cusco=-13.53,-71.97; Lima=-12.05,-77.04",
        ) from error


def _place(where: str, name: str, latitude: str, longitude: str) -> Place:
    try:
        place = Place(name.strip(), float(latitude), float(longitude))
    except ValueError:
        raise SettingsError(f"{where} is no name with latitude and longitude.") from None
    inside = -90 <= place.latitude <= 90 and -180 <= place.longitude <= 180
    if not place.location or not inside:
        raise SettingsError(
            f"{where} is no place on earth.", remedy="degrees: latitude first, then longitude"
        )
    return place
