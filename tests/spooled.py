"""Feedback for tests, and what of it is in the lake."""

from __future__ import annotations

from typing import Any

from tambo.lake import exists, reader
from tambo.lake.tables import table_exists
from tambo.lake.waiting import waiting
from tambo.monitoring.feedback import TOPIC, Feedback
from tambo.settings import Settings


def feedback(**values: Any) -> Feedback:
    """What somebody said of a hotel."""
    given = {
        "kind": "useful",
        "domain": "travel",
        "endpoint": "/v1/hotel-recommendations",
        "model": "hotel_recommendation",
        "model_version": "3",
        "release": 1,
        "subject": 7,
        "item": "Hotel Mirante",
        "place": "São Tomé",
        "rank": 2,
        "destination": "São Tomé",
        "budget": 900.5,
    }
    return Feedback(**(given | values))


def rows(settings: Settings, columns: str = "id", snapshot: int | None = None) -> list[tuple]:
    """Rows of lake.monitoring.feedback; none while there is no table."""
    if not exists(settings):
        return []
    with reader(settings, snapshot) as lake:
        if not table_exists(lake, TOPIC):
            return []
        return lake.execute(f"SELECT {columns} FROM lake.{TOPIC} ORDER BY ALL").fetchall()


def lines_apart(settings: Settings) -> list[bytes]:
    """Lines that the spool keeps for people."""
    files = [path for one in waiting(settings) for path in one.apart]
    return [line for path in files for line in path.read_bytes().splitlines()]
