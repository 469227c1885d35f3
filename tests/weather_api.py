"""A weather API on loopback that misbehaves on purpose, one stated way a request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "k3y/with+odd=signs"
HOUR = 3600

Behaviour = Callable[[BaseHTTPRequestHandler, bytes], None]
"""How a request is answered: by the handler, with the body that a good answer has."""


def answer(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Answer as asked."""
    handler.send_response(status)
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    for name, value in {**given, **{n.replace("_", "-"): v for n, v in headers.items()}}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def status(code: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    """An error."""
    return lambda handler, _: answer(handler, body, code, **headers)


def html(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    """A page for people, with status 200."""
    answer(handler, b"<!doctype html><title>Sign in</title>", Content_Type="text/html")


def truncated(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Half the JSON, well formed as HTTP."""
    answer(handler, body[: len(body) // 2])


def cut(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """The connection ends in the middle of the body."""
    answer(handler, body[: len(body) // 2], Content_Length=str(len(body)))
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """No answer in time."""
    time.sleep(1.5)
    handler.close_connection = True


@dataclass
class WeatherApi:
    """What the API knows, how it will misbehave, and how it was asked.

    Attributes:
        now: the newest hour that it has, seconds since 1970.
        misbehave: behaviours of the next requests, one after the other; None answers well.
        page: hours of a page; more are on the next one.
        asked: queries so far, without the key.
        holes: hours that it does not have.
        change: what is done to an hour before it is answered.
    """

    now: int
    misbehave: list[Behaviour | None] = field(default_factory=list)
    page: int = 1000
    asked: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    holes: set[int] = field(default_factory=set)
    change: Callable[[dict[str, Any]], Any] = lambda hour: hour
    issued: int | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/history"

    @property
    def forecast_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/forecast"

    def body(self, path: str, query: dict[str, str]) -> bytes:
        if path == "/forecast":
            first, last = self.now, self.now + 5 * HOUR
        else:
            first, last = int(query["start"]), min(int(query["end"]), self.now)
        first += int(query.get("page_token", 0)) * HOUR
        hours = list(range(-(-first // HOUR) * HOUR, last + 1, HOUR))
        listed = [
            self.change(measured(at, query)) for at in hours[: self.page] if at not in self.holes
        ]
        told: dict[str, Any] = {"cod": "200", "list": listed}
        if len(hours) > self.page:
            told["next_page_token"] = str(int(query.get("page_token", 0)) + self.page)
        if self.issued is not None:
            told["issued_at"] = datetime.fromtimestamp(self.issued, UTC).isoformat()
        return json.dumps(told).encode()

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if query.pop("appid", None) != KEY:
            answer(handler, b'{"cod": 401, "message": "Invalid API key"}', 401)
            return
        self.asked.append(query)
        self.times.append(time.monotonic())
        behaviour = self.misbehave.pop(0) if self.misbehave else None
        (behaviour or answer)(handler, self.body(parts.path, query))


def measured(at: int, query: dict[str, str]) -> dict[str, Any]:
    """An hour's weather: a function of the hour and the latitude; 273.15 more in Kelvin."""
    celsius = round((at // HOUR) % 24 + float(query["lat"]), 2)
    shift = 273.15 if query["units"] == "standard" else 0
    hour: dict[str, Any] = {"dt": at, "main": {"temp": celsius + shift, "humidity": 50}}
    if at // HOUR % 24 == 5:
        hour["rain"] = {"1h": 1.25}
    return hour


@contextmanager
def serving(api: WeatherApi) -> Iterator[WeatherApi]:
    """Run the API while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.respond(self)

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
