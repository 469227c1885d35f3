"""A TCP proxy that cuts connections after so many bytes, as a bad line does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class CuttingProxy:
    """Forwards to a Unix socket; of its connections each is cut after its share of bytes.

    Args:
        socket: where the server listens.
        cuts: bytes from the server after which each connection is cut, one after the other; those
            after the last one live.
    """

    def __init__(self, socket: Path, cuts: list[int]) -> None:
        self._socket, self.cuts, self.port, self.connections = socket, cuts, 0, 0
        self._loop = asyncio.new_event_loop()

    async def serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await asyncio.Event().wait()

    async def _forward(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        left = self.cuts.pop(0) if self.cuts else None
        server, forth = await asyncio.open_unix_connection(self._socket)
        up = asyncio.create_task(self._pump(client, forth, None))
        await self._pump(server, back, left)
        up.cancel()
        for writer in (forth, back):
            writer.transport.abort()

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, left: int | None
    ) -> None:
        with suppress(OSError):
            while data := await source.read(4096):
                if left is not None:
                    data, left = data[:left], left - len(data)
                target.write(data)
                await target.drain()
                if left is not None and left <= 0:
                    return

    def run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        with suppress(asyncio.CancelledError):
            self._task = self._loop.create_task(self.serve(ready))
            self._loop.run_until_complete(self._task)
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)


@contextmanager
def cutting(socket: Path, cuts: list[int]) -> Iterator[CuttingProxy]:
    """Run a proxy while the block runs."""
    proxy, ready = CuttingProxy(socket, cuts), threading.Event()
    thread = threading.Thread(target=proxy.run, args=(ready,), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(10)
