"""Reads what gate cameras saw: video files one after the other, streams side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tambo.errors import SourceBusyError, SourceError
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.camera.counter import Counter
from tambo.sources.camera.hours import Hours, Watch
from tambo.sources.camera.plan import Camera
from tambo.sources.camera.streams import Stream
from tambo.sources.camera.videos import Done, Found, Frames, Video, is_as_it_was, look
from tambo.sources.door import Page, State

MOST_NAMED = 3
PAGE_SECONDS = 600.0
"""What streams saw is safe after so long at the latest."""
SEAM = timedelta(seconds=2)
"""A video that begins so soon before or after the end of the one before goes on with it."""


@dataclass
class Watching:
    """One opening of the door: pages of what the cameras saw since the last."""

    settings: Settings
    zone: ZoneInfo
    cameras: list[Camera]
    state: State
    now: Callable[[], datetime]
    hours: Hours = field(init=False)
    done: dict[str, Done] = field(init=False)
    notes: list[str] = field(default_factory=list)
    touched: dict[str, set[datetime]] = field(default_factory=dict)
    wrong: list[SourceError] = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hours = Hours.remembered(self.zone, self.state)
        self.done = Done.remembered(self.state)

    def videos(self, progress: Progress) -> Iterator[Page]:
        """Count in the files of each camera, the earliest first."""
        found = {c.name: self._look(c) for c in self.cameras if not c.is_stream}
        total, number = sum(len(one.videos) for one in found.values()), 0
        for camera in self.cameras:
            counter, end = None, datetime.min.replace(tzinfo=UTC)
            for video in found.get(camera.name, Found()).videos:
                progress(f"{camera.name}: {video.path.name}", number, total)
                number += 1
                if abs(video.start - end) > SEAM:
                    counter = None
                counter, end = self._count(camera, video, counter)
                yield self._page()

    def streams(self, progress: Progress) -> Iterator[Page]:
        """Watch all streams at once, for as long as the settings say."""
        streams = [Stream(c, self.hours) for c in self.cameras if c.is_stream]
        if not streams:
            return
        for stream in streams:
            stream.start()
        end = time.monotonic() + self.settings.cameras_watch_seconds
        whole = round(self.settings.cameras_watch_seconds)
        try:
            while (left := end - time.monotonic()) > 0:
                progress(f"watching {len(streams)} streams", round(whole - left), whole)
                time.sleep(min(left, PAGE_SECONDS, self._to_the_hour()))
                if end - time.monotonic() > 0:
                    self._take(streams)
                    yield self._page()
        finally:
            for stream in streams:
                stream.stop()
        self._take(streams)
        for stream in streams:
            if stream.failures:
                self.notes.append(f"{stream.name} broke or was away {stream.failures} times")
            if not stream.connections:
                self.wrong.append(
                    SourceBusyError(
                        f"The stream of {stream.name} cannot be reached.",
                        remedy="see whether the camera is on and its address right; run it again",
                    )
                )
        yield self._page()

    def rest(self) -> Iterator[Page]:
        """What is over by now, and what must be said at the end.

        Raises:
            SourceError: some camera could not be read at all.
        """
        now = self.now()
        for camera in self.cameras:
            beside = (c.name for c in self.cameras if c.location == camera.location)
            hours = set().union(*(self.touched.get(name, set()) for name in beside))
            self.notes += self.hours.missed(camera, hours, now)
            self.notes += self._still_refused(camera)
        before = self.state
        page = self._page()
        if page.rows.num_rows or page.notes or page.state != before:
            yield page
        if self.wrong:
            raise self.wrong[0]

    def _look(self, camera: Camera) -> Found:
        done = self.done.setdefault(camera.name, Done())
        settle = self.settings.cameras_settle_seconds
        try:
            found = look(camera, done, zone=self.zone, now=self.now(), settle_seconds=settle)
        except SourceError as error:
            self.wrong.append(error)
            return Found()
        self.notes += found.notes
        self._forget(camera, done)
        return found

    def _forget(self, camera: Camera, done: Done) -> None:
        """Forget files that are gone and so old that they would be refused if they came again."""
        oldest = self.hours.oldest(camera.name, self.settings.cameras_remember_days)
        for name in list(done.files):
            start = camera.start_of(name, self.zone)
            if oldest and (start is None or start < oldest) and not _lies_there(camera, name):
                del done.files[name]

    def _still_refused(self, camera: Camera) -> list[str]:
        """Say which files an earlier run left out, for as long as they lie there."""
        names = sorted(
            name
            for name, (_, why) in self.done.get(camera.name, Done()).files.items()
            if why and (camera.name, name) not in self.refused and _lies_there(camera, name)
        )
        if not names:
            return []
        rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        return [f"{camera.name}: left out before: {', '.join(names[:MOST_NAMED])}{rest}"]

    def _count(
        self, camera: Camera, video: Video, counter: Counter | None
    ) -> tuple[Counter | None, datetime]:
        """Count in one file; the counter and where the file ends, for the file after it."""
        done, nothing = self.done[camera.name], (None, datetime.min.replace(tzinfo=UTC))
        oldest = self.hours.oldest(camera.name, self.settings.cameras_remember_days)
        try:
            frames = _opened(video, oldest)
        except SourceError as error:
            done.files[video.path.name] = (video.stamp, error.message)
            self.refused.add((camera.name, video.path.name))
            what = f" To do: {error.remedy}." if error.remedy else ""
            self.notes.append(f"{camera.name}: {error.message} It is left out.{what}")
            return nothing
        if counter is None:
            counter = Counter(camera.geometry, camera.method)
            counter.prime(frames.first())
        watch, begin = Watch(self.hours), video.start.timestamp()
        for second, frame in frames:
            watch.frame(begin + second, counter.step(begin + second, frame))
        if not is_as_it_was(video):
            self.notes.append(f"{camera.name}: {video.path.name} changed while it was read")
            return nothing
        self.hours.add(camera.name, watch.seen, watch.last)
        self.touched.setdefault(camera.name, set()).update(watch.seen)
        done.files[video.path.name] = (video.stamp, "")
        entered, left = watch.totals()
        self.notes.append(f"{camera.name}: {video.path.name}: {entered} in, {left} out")
        if frames.told > frames.read:
            lost = frames.told - frames.read
            self.notes.append(
                f"{camera.name}: {lost} of {frames.told} frames of {video.path.name} "
                "cannot be read and are left out"
            )
        return counter, video.start + timedelta(seconds=frames.seconds)

    def _take(self, streams: list[Stream]) -> None:
        for stream in streams:
            seen, last = stream.take()
            self.hours.add(stream.camera.name, seen, last)
            self.touched.setdefault(stream.camera.name, set()).update(seen)

    def _to_the_hour(self) -> float:
        """Seconds until the hour is over and its last frame is in."""
        return 3_601 - self.now().astimezone(self.zone).timestamp() % 3_600

    def _page(self) -> Page:
        now = self.now()
        rows = self.hours.due(self.cameras, now)
        self.hours.forget(self.settings.cameras_remember_days)
        notes, self.notes = tuple(self.notes), []
        self.state = {**self.hours.state(), "files": Done.text(self.done)}
        return Page(rows, self.state, self._seen_to(), notes)

    def _seen_to(self) -> datetime | None:
        """Up to where the camera has been watched that is furthest behind."""
        until = self.hours.until.values()
        return datetime.fromtimestamp(min(until), UTC).replace(tzinfo=None) if until else None


def _opened(video: Video, oldest: datetime | None) -> Frames:
    """The frames of a file.

    Raises:
        SourceError: it is no video, or begins before the oldest hour that is remembered.
    """
    if oldest is not None and video.start < oldest:
        raise SourceError(
            f"{video.path.name} comes {oldest - video.start} too late: "
            "what was counted in its hours is forgotten."
        )
    return Frames(video.path)


def _lies_there(camera: Camera, name: str) -> bool:
    source = Path(camera.source)
    return source.name == name or (source / name).exists()
