"""Whoever asks a service of ours sends the token that the settings name, as it is by then."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app import released
from app.asking import ask, ask_task
from bentos.serve import call
from tambo.errors import ServingError, SettingsError
from tambo.services import credentials
from tambo.settings import Settings


@pytest.fixture
def service():
    """Answers who it was asked by; as a task where /later is asked."""
    asked: list[str | None] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._say(202 if self.path == "/later" else 200)

        def do_GET(self) -> None:
            self._say(200)

        def _say(self, status: int) -> None:
            asked.append(self.headers.get("authorization"))
            body = {"status": "success", "status_url": "/status", "result_url": "/result"}
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({**body, "by": asked[-1]}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_nobody_is_named_where_no_token_is(service, tmp_path):
    url, asked = service
    assert credentials(Settings(home=tmp_path)) == {}
    assert call(f"{url}/now", {})["by"] is None
    assert asked == [None]


def test_the_token_goes_with_each_question_as_it_is_then(service, tmp_path, monkeypatch):
    url, asked = service
    token = tmp_path / "token"
    settings = Settings(home=tmp_path, token_file=token, service_url=url)
    monkeypatch.setattr(released, "settings", lambda: settings)
    token.write_text("first\n")
    assert call(f"{url}/now", {}, credentials(settings))["by"] == "Bearer first"
    assert ask("fleet", "/now", {})["by"] == "Bearer first"
    token.write_text("second")
    assert ask("fleet", "/now", {})["by"] == "Bearer second"
    assert ask_task("fleet", "/later", {})["by"] == "Bearer second"
    assert call(f"{url}/later", {}, credentials(settings))["by"] == "Bearer second"
    assert len(asked) == 7


@pytest.mark.parametrize("held", [None, "", "two words", "line\nline", "schlüssel"])
def test_a_file_without_a_token_is_named(service, tmp_path, monkeypatch, held):
    token = tmp_path / "token"
    if held is not None:
        token.write_text(held, encoding="utf-8")
    settings = Settings(home=tmp_path, token_file=token, service_url=service[0])
    with pytest.raises(SettingsError, match="token"):
        credentials(settings)
    monkeypatch.setattr(released, "settings", lambda: settings)
    with pytest.raises(ServingError, match="token"):
        ask("fleet", "/now", {})
    assert service[1] == []
