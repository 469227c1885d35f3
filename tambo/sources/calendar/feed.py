"""Reads a calendar's text from a file, a folder or an address, unless it is as it was."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tambo.errors import SourceBusyError, SourceError
from tambo.sources.door import Scalar

if TYPE_CHECKING:
    import httpx

LARGEST = 50_000_000
"""Most bytes of a calendar."""
PAUSES = (1.0, 4.0)
"""Seconds before an address that is away is asked again."""
AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})
SUFFIXES = (".csv", ".ics")


@dataclass(frozen=True)
class Text:
    """One calendar.

    Attributes:
        name: what it is called in errors, without what may be secret in an address.
        text: its content.
        is_csv: whether it is a CSV, not an iCalendar.
    """

    name: str
    text: str
    is_csv: bool


@dataclass(frozen=True)
class Fetched:
    """What a source holds now.

    Attributes:
        texts: its calendars; None: they are as they were.
        marks: by what it is seen whether they changed, for the state.
    """

    texts: tuple[Text, ...] | None
    marks: Mapping[str, Scalar]


def is_address(source: str) -> bool:
    """Whether a source is an address of the web."""
    return source.split("://", 1)[0].lower() in {"http", "https", "webcal"}


def mark_of(source: str) -> str:
    """What a source is known by in the state; an address may hold a secret."""
    return blake2b(source.encode(), digest_size=8).hexdigest()


def fetch(source: str, marks: Mapping[str, Scalar], *, wait_seconds: float) -> Fetched:
    """Read a source.

    Args:
        source: path of a file or folder, or an address.
        marks: those of the last time; empty to read in any case.
        wait_seconds: longest wait for an address.

    Raises:
        SourceError: there is nothing to read, or it is no text.
        SourceBusyError: the address is away; a later run may succeed.
    """
    known = marks if marks.get("source") == mark_of(source) else {}
    if is_address(source):
        return _fetch_address(source, known, wait_seconds)
    return _read(Path(source).expanduser(), source, known)


def _read(path: Path, source: str, known: Mapping[str, Scalar]) -> Fetched:
    if not path.exists():
        raise SourceError(
            f"There is no calendar at {path}.",
            remedy="put it there, or correct TAMBO_EVENTS_SOURCE",
        )
    files = [path] if path.is_file() else _calendars(path)
    if not files:
        raise SourceError(
            f"The folder {path} holds no .csv and no .ics file.",
            remedy="put a calendar there, or correct TAMBO_EVENTS_SOURCE",
        )
    texts = tuple(
        Text(str(file), _decoded(_bytes(file), str(file)), _is_csv(file.name)) for file in files
    )
    whole = blake2b(digest_size=16)
    for text in texts:
        whole.update(f"{text.name}\0{text.text}\0".encode())
    marks = {"source": mark_of(source), "content": whole.hexdigest()}
    return Fetched(None if known.get("content") == marks["content"] else texts, marks)


def _calendars(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES and file.is_file() and file.name[0] not in "._"
    )


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise _too_large(str(file))
        return file.read_bytes()
    except OSError as error:
        raise SourceError(
            f"{file} cannot be read: {error.strerror}", remedy="let this user read the file"
        ) from error


def _fetch_address(source: str, known: Mapping[str, Scalar], wait_seconds: float) -> Fetched:
    import httpx

    address = source.replace("webcal://", "https://", 1)
    name = f"{urlsplit(address).scheme}://{urlsplit(address).hostname}/…"
    headers = {"Accept": "text/calendar, text/csv;q=0.9, */*;q=0.1"}
    for header, mark in (("If-None-Match", "etag"), ("If-Modified-Since", "modified")):
        if told := known.get(mark):
            headers[header] = str(told)
    try:
        answer = _ask(address, name, headers, wait_seconds)
    except httpx.InvalidURL as error:
        raise SourceError(
            f"The address of the calendar is none: {error}", remedy="correct TAMBO_EVENTS_SOURCE"
        ) from error
    if answer.status == 304:
        return Fetched(None, known)
    marks: dict[str, Scalar] = {
        "source": mark_of(source),
        "content": blake2b(answer.body, digest_size=16).hexdigest(),
        "etag": answer.headers.get("etag"),
        "modified": answer.headers.get("last-modified"),
    }
    if known.get("content") == marks["content"]:
        return Fetched(None, marks)
    text = _decoded(answer.body, name)
    is_csv = _is_csv(urlsplit(address).path) or "text/csv" in answer.headers.get("content-type", "")
    return Fetched((Text(name, text, is_csv),), marks)


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv")


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


def _ask(address: str, name: str, headers: Mapping[str, str], wait_seconds: float) -> _Answer:
    """Ask an address, again after a pause if it is away."""
    import httpx

    for pause in (*PAUSES, None):
        try:
            answer = _get(address, name, headers, wait_seconds)
        except httpx.TransportError as error:
            why = f"it does not answer ({type(error).__name__})"
        else:
            if answer.status in {200, 304}:
                return answer
            why = f"it answers {answer.status}"
            if answer.status not in AWAY:
                raise SourceError(
                    f"The calendar at {name} cannot be read: {why}.",
                    remedy="open TAMBO_EVENTS_SOURCE in a browser; correct it if it moved",
                )
        if pause is not None:
            time.sleep(pause)
    raise SourceBusyError(
        f"The calendar at {name} is away: {why}, {len(PAUSES) + 1} times.",
        remedy="run it again later; nothing is lost",
    )


def _get(address: str, name: str, headers: Mapping[str, str], wait_seconds: float) -> _Answer:
    """One answer, read no further than the largest calendar."""
    import httpx

    with (
        httpx.Client(timeout=wait_seconds, follow_redirects=True) as client,
        client.stream("GET", address, headers=dict(headers)) as answer,
    ):
        body = b""
        if answer.status_code == 200:
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise _too_large(name)
        return _Answer(answer.status_code, answer.headers, body)


def _too_large(name: str) -> SourceError:
    return SourceError(
        f"The calendar {name} is larger than {LARGEST:,} bytes.",
        remedy="split it, or correct TAMBO_EVENTS_SOURCE",
    )


def _decoded(body: bytes, name: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not UTF-8: byte {error.start} is {body[error.start]:#04x}.",
            remedy="save it as UTF-8",
        ) from error
