"""A small RTSP server of one video: JPEG over RTP (RFC 2435) in the connection itself."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np

PIECE = 1400
CLOCK = 90_000


def jpeg_parts(frame: np.ndarray) -> tuple[bytes, bytes]:
    """Quantisation tables and scan of a picture in 4:2:0."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 80, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x221111]
    _, coded = cv2.imencode(".jpg", frame, options)
    data, at, tables = coded.tobytes(), 2, b""
    while True:
        mark, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if mark == 0xDB:
            body = data[at + 4 : at + 2 + length]
            tables += b"".join(body[n + 1 : n + 65] for n in range(0, len(body), 65))
        at += 2 + length
        if mark == 0xDA:
            return tables, data[at:-2]


def packets(frame: np.ndarray, number: int, second: float) -> Iterator[bytes]:
    """RTP packets of a picture, each as a block of the RTSP connection; `number` is the first's."""
    height, width = frame.shape[:2]
    tables, scan = jpeg_parts(frame)
    for offset in range(0, len(scan), PIECE):
        head = struct.pack(">B", 0) + offset.to_bytes(3, "big")
        head += struct.pack(">BBBB", 1, 255, width // 8, height // 8)
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        last = offset + PIECE >= len(scan)
        rtp = struct.pack(
            ">BBHII", 0x80, 26 | (0x80 if last else 0), number & 0xFFFF,
            int(second * CLOCK) & 0xFFFFFFFF, 1,
        )  # fmt: skip
        block = rtp + head + scan[offset : offset + PIECE]
        yield struct.pack(">BBH", 0x24, 0, len(block)) + block
        number += 1


class Rtsp:
    """The server.

    Attributes:
        url: where it is.
        connections: how many have played.
        drop_after: a connection ends after so many frames; None: after the last.
    """

    def __init__(self, frames: Sequence[np.ndarray], fps: float) -> None:
        self.frames, self.fps = frames, fps
        self.connections = 0
        self.drop_after: int | None = None
        self.next_frame = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://user:secret@127.0.0.1:{self._socket.getsockname()[1]}/gate"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._socket.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        self._socket.settimeout(0.2)
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with connection:
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        asked = b""
        while not self._ended.is_set():
            while b"\r\n\r\n" not in asked:
                more = connection.recv(4096)
                if not more:
                    return
                asked += more
            request, _, asked = asked.partition(b"\r\n\r\n")
            lines = request.decode().split("\r\n")
            verb = lines[0].split()[0]
            order = next(line for line in lines if line.lower().startswith("cseq"))
            connection.sendall(self._reply(verb, order).encode())
            if verb == "PLAY":
                self._play(connection)
                return

    def _reply(self, verb: str, order: str) -> str:
        head = f"RTSP/1.0 200 OK\r\n{order}\r\n"
        if verb == "DESCRIBE":
            said = (
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=gate\r\nt=0 0\r\n"
                "m=video 0 RTP/AVP 26\r\nc=IN IP4 0.0.0.0\r\na=control:track1\r\n"
            )
            return (
                f"{head}Content-Type: application/sdp\r\nContent-Length: {len(said)}\r\n\r\n{said}"
            )
        if verb == "SETUP":
            return f"{head}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n"
        if verb == "OPTIONS":
            return f"{head}Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n"
        return f"{head}Session: 1\r\n\r\n"

    def _play(self, connection: socket.socket) -> None:
        """Send frames at their times; a broken connection goes on where the last one ended."""
        self.connections += 1
        begun, number, sent = time.monotonic(), 0, 0
        while not self._ended.is_set() and self.next_frame < len(self.frames):
            if self.drop_after is not None and sent >= self.drop_after:
                return
            for block in packets(self.frames[self.next_frame], number, sent / self.fps):
                connection.sendall(block)
                number += 1
            self.next_frame += 1
            sent += 1
            time.sleep(max(0.0, begun + sent / self.fps - time.monotonic()))
        time.sleep(0.2)


@contextmanager
def rtsp(frames: Sequence[np.ndarray], fps: float) -> Iterator[Rtsp]:
    """Serve frames, once each."""
    server = Rtsp(frames, fps)
    try:
        yield server
    finally:
        server.close()
