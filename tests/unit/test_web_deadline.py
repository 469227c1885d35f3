"""What takes too long is answered with a problem, and nothing that comes later reaches anybody."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from bentos.inference.service import OPTIONS
from bentos.web.deadline import SECONDS, Deadline

PATIENCE = 0.2


def ask(handle, seconds: float = PATIENCE) -> httpx.Response:
    """Ask an application that has one address."""
    app = Deadline(Starlette(routes=[Route("/", handle)]), seconds)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/")

    return asyncio.run(asked())


def test_an_answer_in_time_is_passed_on():
    answer = ask(lambda request: PlainTextResponse("in time"), seconds=60)
    assert (answer.status_code, answer.text) == (200, "in time")


def test_an_answer_that_has_begun_may_take_longer():
    async def parts():
        for _ in range(3):
            yield "part "
            await asyncio.sleep(PATIENCE)

    async def handle(request):
        return StreamingResponse(parts())

    answer = ask(handle)
    assert (answer.status_code, answer.text) == (200, "part part part ")


def test_what_takes_too_long_is_a_problem_and_is_cancelled():
    ended = []

    async def handle(request):
        try:
            await asyncio.sleep(600)
        finally:
            ended.append(True)

    answer = ask(handle)
    assert answer.status_code == 504
    assert answer.headers["content-type"].startswith("application/problem+json")
    told = answer.json()
    assert told["type"] == "urn:tambo:problem:timeout"
    assert told["detail"] == "there was no answer within 0.2 seconds"
    assert told["remedy"]
    assert ended == [True]


def test_a_thread_that_is_late_is_not_waited_for_and_answers_nobody():
    done, go_on = threading.Event(), threading.Event()

    def handle(request):
        go_on.wait(60)
        done.set()
        return PlainTextResponse("late")

    async def asked() -> list[str]:
        sent = []

        async def send(message):
            sent.append(message["type"])

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"",
            "root_path": "",
        }  # fmt: skip
        await Deadline(Starlette(routes=[Route("/", handle)]), PATIENCE)(scope, receive, send)
        assert not done.is_set()
        go_on.set()
        while not done.is_set() or len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0.01)
        return sent

    assert asyncio.run(asked()) == ["http.response.start", "http.response.body"]


def test_errors_of_the_application_are_its_own():
    def handle(request):
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        ask(handle, seconds=60)


def test_ours_comes_before_that_of_bentoml():
    assert OPTIONS["traffic"]["timeout"] > SECONDS
