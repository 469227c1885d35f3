"""A flight operations API on loopback: pages of two, changes by time, faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from weather_api import Behaviour, answer

KEY = "flights/k3y+"
PAGE = 2


@dataclass
class FlightsApi:
    """What the API knows, each item with when it was changed, and how it was asked.

    Attributes:
        lists: items by the list's name.
        misbehave: behaviours of the next requests; None answers well.
        asked: paths and queries so far.
    """

    lists: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"flights": [], "routes": [], "fuel-records": []}
    )
    misbehave: list[Behaviour | None] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ops/v2"

    def tell(self, name: str, changed_at: datetime, **values: Any) -> None:
        """Write an item; one of the same id is replaced."""
        own = next(iter(values))
        kept = [one for one in self.lists[name] if one.get(own) != values[own]]
        self.lists[name] = [*kept, {**values, "changed_at": f"{changed_at.isoformat()}Z"}]

    def body(self, name: str, query: dict[str, str]) -> bytes:
        found = self.lists[name]
        if "changed_from" in query:
            found = [
                one
                for one in found
                if query["changed_from"] <= one["changed_at"] < query["changed_to"]
            ]
        if "flight_ids" in query:
            found = [one for one in found if one.get("flight_id") in query["flight_ids"].split(",")]
        first = int(query.get("page_token", 0))
        told: dict[str, Any] = {"items": found[first : first + PAGE]}
        if len(found) > first + PAGE:
            told["next_page_token"] = first + PAGE
        return json.dumps(told).encode()

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if handler.headers.get("authorization") != f"Bearer {KEY}":
            answer(handler, b'{"error": "who are you?"}', 401)
            return
        name = parts.path.removeprefix("/ops/v2/")
        self.asked.append((name, query))
        behaviour = self.misbehave.pop(0) if self.misbehave else None
        (behaviour or answer)(handler, self.body(name, query))


@contextmanager
def serving(api: FlightsApi) -> Iterator[FlightsApi]:
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
