"""The door "cameras": visitor counts by the hour, from gate cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tambo.errors import SourceError
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import of_home
from tambo.sources.door import Page, State


class CameraDoor:
    """People who went in, by location and hour; only counts leave the camera's module."""

    name = "cameras"
    table = "tourist_flow"
    description = "People who cross a line before gate cameras, from video files and streams."

    def __init__(
        self, domain: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Open cameras for the contracts of a domain.

        Args:
            domain: whose contracts.
            now: the present instant; an hour is given when it is over.
        """
        self.domain = domain
        self._now = now

    def missing(self, settings: Settings) -> str | None:
        """The cameras must be described."""
        if settings.cameras:
            return None
        return "TAMBO_CAMERAS: a YAML file that describes the cameras, see docs/cameras.md"

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """A page for each video, then one for each part of an hour that streams are watched.

        A video that cannot be read is noted, remembered and passed over.

        Raises:
            SourceError: the cameras are not described, or one has no videos where they should be;
                the others have been read.
            SourceBusyError: a stream could not be reached; the others have been watched.
        """
        from tambo.sources.camera.plan import read_plan
        from tambo.sources.camera.watching import Watching

        if settings.cameras is None:
            raise SourceError("No cameras are described.", remedy=f"set {self.missing(settings)}")
        plan = read_plan(settings.cameras)
        zone = ZoneInfo(of_home(settings, self.domain).zone)
        run = Watching(settings, zone, plan.cameras, state, self._now)
        yield from run.videos(progress)
        yield from run.streams(progress)
        yield from run.rest()
