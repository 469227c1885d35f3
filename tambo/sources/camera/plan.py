"""The file that describes the cameras: where each looks, and from where its pictures come."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tambo.errors import SourceError
from tambo.sources.camera.foreground import Method
from tambo.sources.camera.scene import Line

Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Share, Share]
Standing = tuple[Share, Annotated[float, Field(ge=0.02, le=1.5)]]
DIRECTIVES = {
    "%Y": r"\d{4}", "%m": r"\d{2}", "%d": r"\d{2}", "%H": r"\d{2}", "%M": r"\d{2}",
    "%S": r"\d{2}", "%y": r"\d{2}", "%j": r"\d{3}", "%f": r"\d{1,6}", "%%": "%",
}  # fmt: skip


class Camera(BaseModel):
    """One camera.

    Attributes:
        name: unique among the cameras.
        location: where it counts, as in the contract.
        source: a video file, a folder of them, or the address of a stream; $NAME and ${NAME} are
            taken from the environment, so that a password need not stand in the file.
        files: which files of the folder.
        starts: how a file's name says when it begins, in strptime's words.
        started: when files begin whose names do not say so, by name.
        clock: zone of these times; without one the contract's.
        line: two points, in shares of the frame's width and height from its top left.
        inside: a point on the side that is entered.
        people: how tall people are, as [where the feet are, height], in shares of the frame's
            height; one for a camera that looks across the way, better two.
        method: mog2 or knn find what moves; hog finds people by their shape.
        minimum_cover: share of an hour that must have been watched for its row to be given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=100)]
    location: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1)]
    files: str = "*"
    starts: str | None = None
    started: dict[str, datetime] = Field(default_factory=dict)
    clock: str | None = None
    line: tuple[Point, Point]
    inside: Point
    people: Annotated[list[Standing], Field(min_length=1, max_length=2)]
    method: Method = "mog2"
    minimum_cover: Share = 0.9

    @field_validator("clock")
    @classmethod
    def _is_a_zone(cls, clock: str | None) -> str | None:
        try:
            return clock if clock is None else ZoneInfo(clock).key
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{clock!r} is no time zone such as America/Lima or UTC") from error

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        (x1, y1), (x2, y2) = self.line
        x, y = self.inside
        length = max(abs(x2 - x1), abs(y2 - y1))
        if length < 0.02:
            raise ValueError("the two points of the line are one")
        if abs((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) < 0.01 * length:
            raise ValueError("inside must be a point beside the line")
        if len(self.people) == 2 and self.people[0][0] == self.people[1][0]:
            raise ValueError("two people must stand at different heights of the picture")
        if not self.is_stream and not (self.starts or self.started):
            raise ValueError("say when a video begins, by starts or started")
        return self

    @property
    def is_stream(self) -> bool:
        """Whether its pictures come from an address."""
        return "://" in self.source

    @property
    def geometry(self) -> Line:
        """The line, as the counter takes it."""
        return Line(self.line[0], self.line[1], self.inside, (self.people[0], self.people[-1]))

    def start_of(self, file: str, zone: ZoneInfo) -> datetime | None:
        """When a video begins; None: nothing says so.

        Args:
            file: name of the file.
            zone: zone of the contract.
        """
        told = self.started.get(file)
        if told is None and self.starts:
            told = _time_in(Path(file).stem, self.starts)
        if told is None or told.tzinfo is not None:
            return told
        return told.replace(tzinfo=ZoneInfo(self.clock) if self.clock else zone)


class Plan(BaseModel):
    """All cameras."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cameras: Annotated[list[Camera], Field(min_length=1)]

    @model_validator(mode="after")
    def _have_names_of_their_own(self) -> Self:
        names = [camera.name for camera in self.cameras]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"several cameras are called {', '.join(twice)}")
        return self


def read_plan(path: Path) -> Plan:
    """Read the cameras; paths of videos are relative to the file's folder.

    Raises:
        SourceError: the file is missing or wrong, with every place that is.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        plan = Plan.model_validate(told)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _wrong(path, str(error)) from error
    except ValidationError as error:
        told_wrong = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise _wrong(path, "; ".join(told_wrong)) from error
    return Plan(cameras=[_placed(camera, path.parent) for camera in plan.cameras])


def _placed(camera: Camera, folder: Path) -> Camera:
    source = os.path.expandvars(camera.source)
    if not camera.is_stream:
        source = str(folder / Path(source).expanduser())
    return camera.model_copy(update={"source": source})


def _wrong(path: Path, why: str) -> SourceError:
    return SourceError(
        f"The cameras in {path} cannot be read: {why}",
        remedy="correct the file; docs/cameras.md says what it holds",
    )


def _time_in(name: str, form: str) -> datetime | None:
    """The time that stands somewhere in a name."""
    parts = re.split(r"(%.)", form)
    pattern = "".join(DIRECTIVES.get(part, re.escape(part)) for part in parts)
    if (found := re.search(pattern, name)) is None:
        return None
    try:
        return datetime.strptime(found[0], form)
    except ValueError:
        return None
