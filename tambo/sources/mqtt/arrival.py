"""When a message arrived: each at an instant of its own, in the order in which they came.

The lake keeps these instants, and what is known when a message comes is what came before it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tambo.sources.mqtt.broker import Delivery

Told = Callable[[Delivery], datetime | None]

TICK = timedelta(microseconds=1)


class Arrivals:
    """Instants of messages, each later than the one before, also if the clock is set back.

    Args:
        told: says when a message arrived where it is not by the clock, UTC with zone; None: the
            clock does.
    """

    def __init__(self, told: Told | None = None) -> None:
        self._told = told
        self._last = datetime.min.replace(tzinfo=UTC)

    def of(self, delivery: Delivery) -> datetime:
        """When a message arrived."""
        told = self._told(delivery) if self._told is not None else None
        self._last = max(told or delivery.at, self._last + TICK)
        return self._last

    def go_on_after(self, instant: datetime) -> None:
        """Let nothing arrive before an instant, that of a message that was kept."""
        self._last = max(self._last, instant)
