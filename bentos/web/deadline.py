"""An answer in time, or a problem that says that it took too long.

BentoML has such a limit too, but it answers outside of all that a service adds, and not with a
problem; so ours comes a little before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.responses import Response

from tambo.serving.problem import MEDIA_TYPE, problem

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

SECONDS = 30.0
"""Until the first byte of an answer."""


class Deadline:
    """ASGI application that answers for another one that takes too long.

    Args:
        app: the other one. What it is at is cancelled, and what it answers then goes nowhere; a
            thread that it waits for works on to its end.
        seconds: that it has.
    """

    def __init__(self, app: App, seconds: float = SECONDS) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        late = False

        async def sent(message: Message) -> None:
            if late:
                return
            if not begun.done():
                begun.set_result(None)
            await send(message)

        work = asyncio.ensure_future(self._app(scope, receive, sent))
        try:
            in_time, _ = await asyncio.wait(
                {work, begun}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if in_time:
                await work
        finally:
            if not work.done():
                late = True
                work.cancel()
                work.add_done_callback(_forget)
        if not in_time:
            told = problem(
                504,
                f"there was no answer within {self._seconds:g} seconds",
                remedy="ask for less at once, or later",
            )
            body = told.model_dump_json(exclude_defaults=True)
            await Response(body, 504, media_type=MEDIA_TYPE)(scope, receive, send)


def _forget(work: asyncio.Future[None]) -> None:
    """Take note of how it ended: asyncio would tell of it, and errors may repeat what was asked."""
    if not work.cancelled():
        work.exception()
