"""What somebody wishes of a hotel, and what the service recommends for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.asking import ask

PATH = "/v1/hotel-recommendations"


@dataclass(frozen=True)
class Wish:
    """A question for hotels; what is None is left to the service.

    Attributes:
        user_code: who asks; None: somebody unknown.
        origin: where they leave from.
        place: where they want to go.
        check_in, check_out: both or none.
        budget: most BRL a night.
        k: how many hotels.
        diversity: 0: the likeliest; 1: each place once before any place comes again.
    """

    user_code: int | None = None
    origin: str | None = None
    place: str | None = None
    check_in: date | None = None
    check_out: date | None = None
    budget: float | None = None
    k: int = 5
    diversity: float = 0.0

    def request(self) -> dict[str, Any]:
        """The body that the service wants."""
        return {
            "userCode": self.user_code,
            "from": self.origin,
            "to": self.place,
            "checkIn": None if self.check_in is None else self.check_in.isoformat(),
            "checkOut": None if self.check_out is None else self.check_out.isoformat(),
            "budget": self.budget,
            "k": self.k,
            "diversity": self.diversity,
        }

    def without_limits(self) -> Wish:
        """The same for any place at any price."""
        return replace(self, place=None, budget=None)


def recommend(wish: Wish) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the service recommends for a wish, and for the same without its limits.

    Raises:
        ServingError: the service is down or refuses the wish.
    """
    both = [wish.request(), wish.without_limits().request()]
    limited, free = ask("travel", PATH, {"items": both})["items"]
    return limited, free
