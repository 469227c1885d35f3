"""What the fleet service says now: the next maintenance of each vessel, and what is urgent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from app.asking import ask
from tambo.serving.problem import ProblemError

DUE, ALERTS = "/v1/maintenance-due", "/v1/maintenance-alerts"
AT_ONCE = 1_000
"""Vessels in one call."""
AHEAD_DAYS = 30
"""Days within which a failure, or a limit of the law, is a reason for attention."""

_ITEM = re.compile(r"items\.(\d+)\.aircraft_id")
VESSEL = re.compile(r"aircraft_ids\.(\d+)")
"""How the service names a vessel that it refuses, in a question about several."""

Answer = Mapping[str, Any]
Told = TypeVar("Told")


@dataclass(frozen=True)
class Fleet:
    """A fleet as it is served at one instant.

    Attributes:
        due: the next maintenance by vessel.
        refused: why there is none, by vessel.
        alerts: vessels that need attention, the most urgent first.
        withheld: why alerts are not told to whoever asks; None: they are.
    """

    due: Mapping[str, Answer]
    refused: Mapping[str, str]
    alerts: Sequence[Answer]
    withheld: str | None = None


def of_fleet(names: Sequence[str]) -> Fleet:
    """Ask about some vessels.

    Raises:
        ServingError: the service is down, or refuses more than single vessels.
    """
    due: dict[str, Answer] = {}
    refused: dict[str, str] = {}
    alerts: list[Answer] = []
    withheld = None
    for start in range(0, len(names), AT_ONCE):
        asked = list(names[start : start + AT_ONCE])
        found, wrong = _due(asked)
        due |= found
        refused |= wrong
        if found:
            told, withheld = _alerts(list(found))
            alerts += told
    return Fleet(due, refused, ranked(alerts), withheld)


def alerts_of(names: Sequence[str]) -> tuple[list[Answer], str | None]:
    """Vessels that need attention, the most urgent first; or none, and why they are not told.

    Args:
        names: of vessels, at least one; those that the service knows nothing of are left out.

    Raises:
        ServingError: the service is down, or refuses more than single vessels and a role.
    """
    alerts: list[Answer] = []
    withheld = None
    for start in range(0, len(names), AT_ONCE):
        (told, withheld), _ = of_known(_alerts, names[start : start + AT_ONCE])
        alerts += told
    return ranked(alerts), withheld


def of_known(
    put: Callable[[list[str]], Told], names: Sequence[str], field: re.Pattern[str] = VESSEL
) -> tuple[Told, list[str]]:
    """Ask about some vessels; again without those that the service knows nothing of.

    Args:
        put: asks, and raises what the service refuses.
        names: of the vessels.
        field: how the service names one of them, with its number.

    Returns:
        What was answered, and who was left out.

    Raises:
        ServingError: the service is down, knows none of them, or refuses something else.
    """
    try:
        return put(list(names)), []
    except ProblemError as error:
        unknown = {names[number] for number in wrong_items(error, field)}
        known = [one for one in names if one not in unknown]
        if not unknown or not known:
            raise
    return put(known), sorted(unknown)


def ranked(alerts: Sequence[Answer]) -> list[Answer]:
    """Alerts of several calls as the service ranks those of one."""
    return sorted(
        alerts, key=lambda one: (one["deadline"], -one["chance_of_failure"], one["aircraft_id"])
    )


def _alerts(names: list[str]) -> tuple[list[Answer], str | None]:
    """What is urgent; or nothing, and why, where the asker's role may not know it."""
    try:
        return ask("fleet", ALERTS, {"aircraft_ids": names, "horizon": AHEAD_DAYS})["alerts"], None
    except ProblemError as error:
        if error.problem.status != httpx.codes.FORBIDDEN:
            raise
        return [], error.message


def _due(asked: list[str]) -> tuple[dict[str, Answer], dict[str, str]]:
    try:
        return _items(asked), {}
    except ProblemError as error:
        wrong = wrong_items(error)
        if not wrong:
            raise
    refused = {asked[number]: why for number, why in wrong.items()}
    return _items([one for one in asked if one not in refused]), refused


def wrong_items(error: ProblemError, field: re.Pattern[str] = _ITEM) -> dict[int, str]:
    """Which of the vessels asked for are refused, and why; empty if anything else is wrong.

    Args:
        error: what the service answered.
        field: how it names one of them, with its number.
    """
    found = {}
    for one in error.problem.errors:
        named = field.fullmatch(one.field)
        if named is None:
            return {}
        found[int(named[1])] = one.detail
    return found


def _items(asked: Sequence[str]) -> dict[str, Answer]:
    if not asked:
        return {}
    items = ask("fleet", DUE, {"items": [{"aircraft_id": one} for one in asked]})["items"]
    return dict(zip(asked, items, strict=True))
