"""How a door waits for a source that is away: longer each time, not in step with others."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from tambo.progress import Progress


@dataclass
class Patience:
    """Waits between attempts.

    Attributes:
        attempts: after so many without success in a row, the door gives up.
        first_seconds: before the second attempt; doubled for each further one.
        longest_seconds: no single wait is longer; a source that asks for more is left for later.
        random: spreads each wait over its second half, so that many clients do not come together.
    """

    attempts: int = 5
    first_seconds: float = 0.5
    longest_seconds: float = 120.0
    random: random.Random = field(default_factory=random.Random)

    def seconds(self, failed: int, at_least: float = 0.0) -> float:
        """How long to wait after so many failures in a row; `at_least` is what the source asks."""
        grown = min(self.longest_seconds, self.first_seconds * 2.0 ** (failed - 1))
        return max(at_least, grown * self.random.uniform(0.5, 1.0))


def pause(seconds: float, progress: Progress, why: str) -> None:
    """Wait, and let whoever watches see why, and interrupt it."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        progress(f"{why}; waiting {left:.0f} s", 0, 0)
        time.sleep(min(left, 0.5))


def without(text: str, *secrets: str | None) -> str:
    """A message without secrets that a library may have put into it."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
