"""Let nothing but known addresses into a service.

BentoML counts requests by address, whatever the address. So one that somebody made up, a person's
name in it for instance, would stand in the metrics, and anybody could fill the memory with such.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bentos.web.deadline import App, Message, Receive, Send

UNKNOWN = "/unknown"
"""The address under which all others are counted; there is nothing."""


class KnownPaths:
    """ASGI application that passes requests on, those of unknown addresses as `UNKNOWN`.

    Args:
        app: the whole service, what counts requests included.
        paths: the addresses that there are.
    """

    def __init__(self, app: App, paths: Collection[str]) -> None:
        self._app = app
        self._paths = frozenset(paths)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["path"] not in self._paths:
            scope = {**scope, "path": UNKNOWN, "raw_path": UNKNOWN.encode(), "query_string": b""}
        await self._app(scope, receive, send)


def only_known(service: Any, paths: Collection[str]) -> None:
    """Put `KnownPaths` before all that BentoML puts before a service.

    Its own middleware comes after what counts, so the service's class is made one of ours.

    Args:
        service: as `bentoml.service` made it.
        paths: the addresses that there are.
    """
    made = type(service)

    class Guarded(made):  # type: ignore[misc, valid-type]  # its base is known at run time
        __slots__ = ()

        def to_asgi(self, is_main: bool = True) -> App:
            return KnownPaths(super().to_asgi(is_main), paths)

    service.__class__ = Guarded
