"""What the fleet service says now: the next maintenance of each vessel, and what is urgent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.asking import ask
from tambo.serving.problem import ProblemError

DUE, ALERTS = "/v1/maintenance-due", "/v1/maintenance-alerts"
AT_ONCE = 1_000
"""Vessels in one call."""
AHEAD_DAYS = 30
"""Days within which a failure, or a limit of the law, is a reason for attention."""

_ITEM = re.compile(r"items\.(\d+)\.aircraft_id")

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Fleet:
    """A fleet as it is served at one instant.

    Attributes:
        due: the next maintenance by vessel.
        refused: why there is none, by vessel.
        alerts: vessels that need attention, the most urgent first.
    """

    due: Mapping[str, Answer]
    refused: Mapping[str, str]
    alerts: Sequence[Answer]


def of_fleet(names: Sequence[str]) -> Fleet:
    """Ask about some vessels.

    Raises:
        ServingError: the service is down, or refuses more than single vessels.
    """
    due: dict[str, Answer] = {}
    refused: dict[str, str] = {}
    alerts: list[Answer] = []
    for start in range(0, len(names), AT_ONCE):
        asked = list(names[start : start + AT_ONCE])
        found, wrong = _due(asked)
        due |= found
        refused |= wrong
        if found:
            body = {"aircraft_ids": list(found), "horizon": AHEAD_DAYS}
            alerts += ask("fleet", ALERTS, body)["alerts"]
    return Fleet(due, refused, ranked(alerts))


def ranked(alerts: Sequence[Answer]) -> list[Answer]:
    """Alerts of several calls as the service ranks those of one."""
    return sorted(
        alerts, key=lambda one: (one["deadline"], -one["chance_of_failure"], one["aircraft_id"])
    )


def _due(asked: list[str]) -> tuple[dict[str, Answer], dict[str, str]]:
    try:
        return _items(asked), {}
    except ProblemError as error:
        wrong = wrong_items(error)
        if not wrong:
            raise
    refused = {asked[number]: why for number, why in wrong.items()}
    return _items([one for one in asked if one not in refused]), refused


def wrong_items(error: ProblemError) -> dict[int, str]:
    """Which of the vessels asked for are refused, and why; empty if anything else is wrong."""
    found = {}
    for one in error.problem.errors:
        named = _ITEM.fullmatch(one.field)
        if named is None:
            return {}
        found[int(named[1])] = one.detail
    return found


def _items(asked: Sequence[str]) -> dict[str, Answer]:
    if not asked:
        return {}
    items = ask("fleet", DUE, {"items": [{"aircraft_id": one} for one in asked]})["items"]
    return dict(zip(asked, items, strict=True))
