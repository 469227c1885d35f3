"""Remembers the messages that came last, to tell a delivery that is repeated from a new message."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from tambo.sources.mqtt.message import Message

REMEMBERED = 50_000
"""Messages; many times what a broker may send before it must have an answer."""


class Recent:
    """The last messages that were kept, by hash, and the hash of each id that senders gave.

    Args:
        size: how many.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._hashes: OrderedDict[str, None] = OrderedDict()
        self._numbers: OrderedDict[str, str] = OrderedDict()

    def holds(self, message: Message) -> bool:
        """Whether a message with the same topic and payload was kept."""
        return message.id in self._hashes

    def judged(self, message: Message) -> Message:
        """The message, refused if another one had its id."""
        number = message.number
        if number is None or message.refused or self._numbers.get(number, message.id) == message.id:
            return message
        return replace(message, refused="message_id_reused")

    def add(self, message: Message) -> None:
        """Remember a message that is kept, and forget the oldest."""
        self._hashes[message.id] = None
        self._hashes.move_to_end(message.id)
        if message.number is not None and message.refused is None:
            self._numbers.setdefault(message.number, message.id)
        for remembered in (self._hashes, self._numbers):
            while len(remembered) > self._size:
                remembered.popitem(last=False)
