"""Turn every error answer that is not a problem yet into one: unknown paths, health, BentoML.

An answer that takes too long is one too.
"""

from __future__ import annotations

from bentos.web.deadline import App, Deadline, Message, Receive, Send
from tambo.serving.problem import MEDIA_TYPE, problem


class ProblemMiddleware:
    """ASGI middleware; see the module."""

    def __init__(self, app: App) -> None:
        self._app = Deadline(app)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        replaced = False

        async def sent(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_bare_error(message):
                replaced = True
                body = _body(message["status"])
                await send({**message, "headers": _headers(message, len(body))})
                await send({"type": "http.response.body", "body": body})
            elif not replaced:
                await send(message)

        await self._app(scope, receive, sent)


def _is_bare_error(start: Message) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] >= 400 and not any(MEDIA_TYPE.encode() in kind for kind in kinds)


def _headers(start: Message, length: int) -> list[tuple[bytes, bytes]]:
    kept = [
        (name, value)
        for name, value in start["headers"]
        if name.lower() not in {b"content-type", b"content-length"}
    ]
    own = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(length).encode())]
    return kept + own


def _body(status: int) -> bytes:
    # An address may hold what is not to be repeated, a name for instance.
    detail = "there is nothing under this address" if status == 404 else f"status {status}"
    return problem(status, detail).model_dump_json(exclude_defaults=True).encode()
