"""Remembers the messages that came last, to tell a delivery that is repeated from a new message.

In a process they are a `Recent`; over a restart they are in the spool and, once their segments go,
in a file beside these. A message comes there when it waits for the lake and not before, so nothing
is remembered that was not kept; and its segment goes later, so nothing that was kept is forgotten.

    remembered.txt    a message a line, oldest first: its hash, the hash of its sender's id for it
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from tambo.sources.fetch_state import write_file
from tambo.sources.mqtt.message import Message

REMEMBERED = 50_000
"""Messages; many times what a broker may send before it must have an answer."""
FILE = "remembered.txt"

_NONE = "-"
_LINE = re.compile(rb"([0-9a-f]{32}) ([0-9a-f]{32}|-)")
_LINE_BYTES = 66


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of a message.

    Attributes:
        id: of the message, the hash of its topic and payload.
        number: hash of the id that its sender gave it; None: it has none, or it was refused.
    """

    id: str
    number: str | None

    @classmethod
    def of(cls, message: Message) -> Trace:
        """The trace of a message that was kept."""
        return cls(message.id, None if message.refused else _hashed(message.number))


class Recent:
    """The last messages that were kept, and which of them has each id that senders gave.

    Args:
        size: how many messages.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._numbers: OrderedDict[str, str | None] = OrderedDict()
        self._holders: dict[str, str] = {}

    def holds(self, message: Message) -> bool:
        """Whether a message with the same topic and payload was kept."""
        return message.id in self._numbers

    def judged(self, message: Message) -> Message:
        """The message, refused if another one had its id."""
        number = _hashed(message.number)
        if number is None or message.refused:
            return message
        if self._holders.get(number, message.id) == message.id:
            return message
        return replace(message, refused="message_id_reused")

    def add(self, message: Message) -> None:
        """Remember a message that is kept, and forget the oldest."""
        self.add_trace(Trace.of(message))

    def add_trace(self, trace: Trace) -> None:
        """The same, of a message of which only the trace is left."""
        number = trace.number or self._numbers.get(trace.id)
        self._numbers[trace.id] = number
        self._numbers.move_to_end(trace.id)
        while len(self._numbers) > self._size:
            oldest, its = self._numbers.popitem(last=False)
            if its is not None and self._holders.get(its) == oldest:
                del self._holders[its]
        if number is not None:
            self._holders.setdefault(number, trace.id)

    def traces(self) -> list[Trace]:
        """What is remembered, oldest first."""
        return [Trace(*one) for one in self._numbers.items()]


def write_traces(folder: Path, messages: Iterable[Message], size: int = REMEMBERED) -> None:
    """Put messages behind those that the folder's file remembers; on the disk when this returns.

    May be repeated after a kill: a message that stands there twice is one. Only the holder of the
    writer's lock may call this.
    """
    path = folder / FILE
    traces = [Trace.of(one) for one in messages]
    if not traces:
        return
    longest = 2 * size * _LINE_BYTES
    if not path.exists() or path.stat().st_size + len(traces) * _LINE_BYTES > longest:
        recent = Recent(size)
        for trace in (*read_traces(folder), *traces):
            recent.add_trace(trace)
        write_file(path, _lines(recent.traces()))
        return
    with path.open("ab") as file:
        # A torn line must not swallow this one.
        file.write(b"\n" + _lines(traces))
        file.flush()
        os.fsync(file.fileno())


def read_traces(folder: Path) -> list[Trace]:
    """What the folder's file remembers, oldest first; a line that is torn is passed over."""
    try:
        found = (_LINE.fullmatch(line) for line in (folder / FILE).read_bytes().split(b"\n"))
    except FileNotFoundError:
        return []
    told = ((one[1].decode(), one[2].decode()) for one in found if one is not None)
    return [Trace(own, None if number == _NONE else number) for own, number in told]


def _lines(traces: Iterable[Trace]) -> bytes:
    return "".join(f"{one.id} {one.number or _NONE}\n" for one in traces).encode()


def _hashed(number: str | None) -> str | None:
    """A sender's id, of a length of ours."""
    if number is None:
        return None
    return blake2b(number.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
