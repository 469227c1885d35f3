"""How figures of the fleet are named and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app import look
from app.fleet.reliability import Told

Good = Literal["normal", "inverse", "off"]


@dataclass(frozen=True)
class Figure:
    """How a figure is written.

    Attributes:
        name: see `reliability.figures`.
        title: in words.
        digits: behind the point.
        unit: behind the number; "%": a share; "money": with the currency.
        good: whether more is better (normal), worse (inverse) or neither (off).
        needs: what must be told of; see `Told`.
        about: what it says.
    """

    name: str
    title: str
    digits: int
    unit: str
    good: Good
    needs: tuple[str, ...]
    about: str

    def written(self, value: float | None, told: Told, currency: str) -> str:
        """A value in words; where all is told and it is None, nothing was there to divide by."""
        if value is None:
            return "no figure" if all(getattr(told, one) for one in self.needs) else "not known"
        if self.unit == "money":
            return look.money(value, self.digits, currency)
        if self.unit == "%":
            return look.percent(value, self.digits)
        return f"{value:,.{self.digits}f} {self.unit}".strip()

    def change(self, now: float | None, before: float | None) -> str | None:
        """How it changed, with its sign; None: not known."""
        if now is None or before is None:
            return None
        if self.unit == "%":
            return f"{100 * (now - before):+.{self.digits}f} points"
        return None if not before else f"{100 * (now / before - 1):+.0f} %"


FIGURES = (
    Figure("availability", "Availability", 1, "%", "normal", ("downtime",),
           "share of the vessels' time in service in which they could be used"),
    Figure("failure_rate", "Failures per 1,000 h", 2, "", "inverse", ("flights", "maintenance"),
           "unscheduled maintenances begun per 1,000 flight hours"),
    Figure("hours_between", "Hours between failures", 0, "h", "normal", ("flights", "maintenance"),
           "flight hours per unscheduled maintenance"),
    Figure("unscheduled_share", "Not planned", 0, "%", "inverse", ("maintenance",),
           "share of the maintenances begun that were unscheduled"),
    Figure("hours", "Hours flown", 0, "h", "off", ("flights",), "flown or cruised; by arrival"),
    Figure("revenue", "Revenue", 0, "money", "normal", ("flights",), "of flights, by arrival"),
    Figure("cost", "Maintenance cost", 0, "money", "inverse", ("costs",),
           "of maintenances that ended; what a vessel that stands still loses is not in it"),
    Figure("cost_per_hour", "Cost per flight hour", 0, "money", "inverse", ("flights", "costs"),
           "maintenance cost over hours flown"),
)  # fmt: skip
"""In the order of the page."""
