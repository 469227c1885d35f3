"""How many went in, and how long was watched, by camera and hour; the rows that follow from it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tambo.errors import SourceError
from tambo.sources.camera.plan import Camera
from tambo.sources.door import Scalar, State

if TYPE_CHECKING:
    import pyarrow as pa

HOUR = timedelta(hours=1)
BLIND_SECONDS = 1.0
FORM = "%Y-%m-%dT%H:%MZ"


@dataclass
class Watched:
    """What one camera saw in one hour."""

    entered: int = 0
    left: int = 0
    seconds: float = 0.0


@dataclass
class Hours:
    """All hours that are remembered.

    Attributes:
        zone: zone in whose hours is counted.
        by_camera: what each camera saw, by the hour's first instant.
        given: what was given of each location and hour.
        until: second since 1970 up to which each camera was watched.
    """

    zone: ZoneInfo
    by_camera: dict[str, dict[datetime, Watched]] = field(default_factory=dict)
    given: dict[str, dict[datetime, int]] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)

    @classmethod
    def remembered(cls, zone: ZoneInfo, state: State) -> Hours:
        """Read the hours from a door's state.

        Raises:
            SourceError: the state is none of ours.
        """
        try:
            told = json.loads(str(state.get("hours") or "{}"))
            given = json.loads(str(state.get("given") or "{}"))
            until = json.loads(str(state.get("until") or "{}"))
            return cls(
                zone,
                {n: {_read(h): Watched(*w) for h, w in own.items()} for n, own in told.items()},
                {n: {_read(h): int(sum_) for h, sum_ in own.items()} for n, own in given.items()},
                {n: float(second) for n, second in until.items()},
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise SourceError(
                f"The state of the cameras cannot be read: {error}",
                remedy="remove the door's state; every video that is still there is counted anew",
            ) from error

    def state(self) -> dict[str, Scalar]:
        """The hours as JSON for the state."""
        saw: dict[str, Any] = {
            name: {
                h.strftime(FORM): [w.entered, w.left, round(w.seconds, 1)] for h, w in own.items()
            }
            for name, own in self.by_camera.items()
        }
        given = {
            name: {h.strftime(FORM): n for h, n in own.items()} for name, own in self.given.items()
        }
        return {"hours": _text(saw), "given": _text(given), "until": _text(self.until)}

    def hour_of(self, instant: float) -> datetime:
        """First instant of the local hour that a second since 1970 lies in."""
        local = datetime.fromtimestamp(instant, self.zone)
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)

    def add(
        self, camera: str, seen: Mapping[datetime, Watched], until: float | None = None
    ) -> None:
        """Add what a camera saw, up to a second since 1970."""
        if until is not None:
            self.until[camera] = max(round(until, 3), self.until.get(camera, until))
        own = self.by_camera.setdefault(camera, {})
        for hour, more in seen.items():
            held = own.setdefault(hour, Watched())
            held.entered += more.entered
            held.left += more.left
            held.seconds += more.seconds

    def oldest(self, camera: str, days: int) -> datetime | None:
        """Before when a camera's hours are forgotten; None: it has none."""
        own = self.by_camera.get(camera)
        return max(own) - timedelta(days=days) if own else None

    def forget(self, days: int) -> None:
        """Forget the hours that lie so many days before the newest of their camera."""
        for name, own in self.by_camera.items():
            first = self.oldest(name, days)
            self.by_camera[name] = {h: w for h, w in own.items() if first is None or h >= first}
        held = {hour for own in self.by_camera.values() for hour in own}
        for name, numbers in self.given.items():
            self.given[name] = {h: n for h, n in numbers.items() if h in held}

    def due(self, cameras: Iterable[Camera], now: datetime) -> pa.Table:
        """Rows of hours that are over, were watched, and are new or have changed.

        An hour of a location is the sum of the cameras that watched enough of it.
        """
        sums: dict[str, dict[datetime, int]] = defaultdict(dict)
        for camera in cameras:
            own = sums[camera.location]
            for hour, saw in self.by_camera.get(camera.name, {}).items():
                if hour + HOUR <= now and is_enough(camera, saw):
                    own[hour] = own.get(hour, 0) + saw.entered
        lines: list[tuple[str, datetime, int]] = []
        for place, own in sums.items():
            given = self.given.setdefault(place, {})
            changed = {hour for hour, total in own.items() if given.get(hour) != total}
            for hour in sorted(self._with_twins(changed, own)):
                given[hour] = own[hour]
                lines.append((place, hour, own[hour]))
        return self._table(lines)

    def missed(self, camera: Camera, hours: Iterable[datetime], now: datetime) -> list[str]:
        """What is left out of some hours that are over, because too little was watched."""
        own = self.by_camera.get(camera.name, {})
        saw = {hour: own.get(hour, Watched()) for hour in hours if hour + HOUR <= now}
        return [
            f"{camera.name}, {hour.astimezone(self.zone):%Y-%m-%d %H:%M}: only "
            f"{one.seconds / 60:.0f} minutes were watched; its count is left out"
            for hour, one in sorted(saw.items())
            if not is_enough(camera, one)
        ]

    def _with_twins(self, changed: set[datetime], sums: Mapping[datetime, int]) -> set[datetime]:
        """Of two hours that the clock shows as one, the first with the second: both or neither.

        A file that has such a time once means the first hour.
        """
        found: set[datetime] = set()
        for hour in changed:
            first, second = hour - HOUR, hour + HOUR
            if self._shown(first) == self._shown(hour):
                found |= {first, hour} if first in sums else set()
            elif self._shown(second) == self._shown(hour) and second in sums:
                found |= {hour, second}
            else:
                found.add(hour)
        return found

    def _shown(self, hour: datetime) -> datetime:
        return hour.astimezone(self.zone).replace(tzinfo=None)

    def _table(self, lines: list[tuple[str, datetime, int]]) -> pa.Table:
        import pyarrow as pa

        shown = [self._shown(hour) for _, hour, _ in lines]
        return pa.table(
            {
                "timestamp": pa.array(shown, pa.timestamp("s")),
                "location": pa.array([place for place, _, _ in lines], pa.string()),
                "tourist_count": pa.array([total for _, _, total in lines], pa.int64()),
                "market": pa.array(["all"] * len(lines), pa.string()),
            }
        )


def is_enough(camera: Camera, saw: Watched) -> bool:
    """Whether a camera watched enough of an hour to stand for it."""
    # A watch is short of its hour by the first frame's length.
    return saw.seconds > 0 and saw.seconds + 1 >= camera.minimum_cover * HOUR.total_seconds()


@dataclass
class Watch:
    """What one camera sees while it is watched.

    Attributes:
        hours: says in which hour an instant lies.
        seen: by hour.
        last: second since 1970 of the last frame.
    """

    hours: Hours
    seen: dict[datetime, Watched] = field(default_factory=lambda: defaultdict(Watched))
    last: float | None = None

    def frame(self, at: float, ways: Iterable[int]) -> None:
        """Add a frame.

        Args:
            at: second since 1970.
            ways: 1 for each who went in, -1 for each who went out.
        """
        saw = self.seen[self.hours.hour_of(at)]
        for way in ways:
            saw.entered += way > 0
            saw.left += way < 0
        # Where frames are missing for longer, nobody watched.
        if self.last is not None and 0 < at - self.last <= BLIND_SECONDS:
            saw.seconds += at - self.last
        self.last = at

    def totals(self) -> tuple[int, int]:
        """How many went in and out."""
        return sum(w.entered for w in self.seen.values()), sum(w.left for w in self.seen.values())


def _read(hour: str) -> datetime:
    return datetime.strptime(hour, FORM).replace(tzinfo=UTC)


def _text(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
