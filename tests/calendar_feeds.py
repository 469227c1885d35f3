"""Calendars made by hand, a door that reads them at a chosen instant, and a server of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.calendar.event_door import EventDoor
from tambo.sources.door import Page, State

NOW = datetime(2026, 5, 10, 15, tzinfo=UTC)


def event(*lines: str, uid: str = "1") -> str:
    """A VEVENT."""
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"))


def calendar(*events: str) -> str:
    """A VCALENDAR of events."""
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN")
    return "\r\n".join((*head, *events, "END:VCALENDAR", ""))


def read(
    source: object, state: State | None = None, now: datetime = NOW, **settings: Any
) -> list[Page]:
    door = EventDoor("tourism", lambda: now)
    return list(door.pages(Settings(events_source=str(source), **settings), state or {}, silent))


def read_text(folder: Path, text: str, state: State | None = None, **settings: Any) -> Page:
    """The one page of an iCalendar."""
    file = folder / "feed.ics"
    file.write_text(text, encoding="utf-8", newline="")
    (page,) = read(file, state, **settings)
    return page


def row_dicts(page: Page) -> list[dict[str, Any]]:
    return page.rows.to_pylist()


def land(path: Path, page: Page, number: int = 0) -> Path:
    """Write a page as a CSV for ingest; the number makes content that comes again another file."""
    import duckdb

    duckdb.from_arrow(page.rows).write_csv(str(path), header=True)
    with path.open("ab") as file:
        file.write(b"\n" * number)
    return path


class Served:
    """What the server answers next, and what it was asked.

    Attributes:
        answers: status, headers and body, in order; the last one stays.
        asked: headers of each request.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, Mapping[str, str], bytes]] = []
        self.asked: list[Mapping[str, str]] = []
        self.url = ""


@contextmanager
def server() -> Iterator[Served]:
    """A local server of one calendar; it honours If-None-Match."""
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(dict(self.headers))
            status, headers, body = served.answers[0]
            if len(served.answers) > 1:
                served.answers.pop(0)
            tag = headers.get("ETag")
            if tag is not None and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{httpd.server_address[1]}/secret-token/events"
    try:
        yield served
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
