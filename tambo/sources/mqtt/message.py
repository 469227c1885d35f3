"""Reads a message: its row in the columns of the contract, or why it can be none.

A message is a JSON object whose names are the contract's columns, for example on
`fleet/N-1/telemetry`

    {"read_at": "2026-11-22T10:00:00Z", "engine_health_score": 88.1, "temperature_variance": 12.5}

The topic tells the sender; `message_id` is optional. Values are kept as they were written, and
whether they keep to the contract is left to ingest, which judges files and messages alike. Here
only that is refused which ingest could not see: that it is no row, and that it comes too early.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from tambo.sources.contracts import Contracts
from tambo.sources.mqtt.stream import MESSAGE_ID, Stream

LONGEST = 64 << 10
"""Bytes of a message that are kept; no row of a table is that long."""

Fields = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is kept.

    Attributes:
        id: hash of its topic and payload: what is sent twice has it twice.
        at: when it arrived, UTC with zone.
        fields: its row, texts in the order of the contract's columns; None: it is none.
        raw: the payload, a character a byte, where it is no row.
        refused: why it is set apart, a code of ingest; None: ingest decides.
        number: the id that its sender gave it.
    """

    id: str
    at: datetime
    fields: Fields | None = None
    raw: str = ""
    refused: str | None = None
    number: str | None = None

    def record(self) -> dict[str, Any]:
        """As the spool keeps it."""
        told = {
            "fields": self.fields,
            "raw": self.raw or None,
            "refused": self.refused,
            "number": self.number,
        }
        kept = {name: value for name, value in told.items() if value is not None}
        return {"id": self.id, "at": self.at.isoformat(), **kept}

    @classmethod
    def of_line(cls, line: bytes) -> Message | None:
        """A line of the spool; None if it is torn."""
        try:
            kept = json.loads(line)
            fields = tuple(kept["fields"]) if "fields" in kept else None
            return cls(
                kept["id"],
                datetime.fromisoformat(kept["at"]),
                fields,
                kept.get("raw", ""),
                kept.get("refused"),
                kept.get("number"),
            )
        except (ValueError, KeyError, TypeError):
            return None


class Reading:
    """Reads messages of one stream.

    Args:
        stream: whose.
        contracts: of its domain.
        topic: the filter that was subscribed to; its + stands for the sender.
        ahead: how far a row's time may lie before its arrival.
    """

    def __init__(self, stream: Stream, contracts: Contracts, topic: str, ahead: timedelta) -> None:
        table = contracts.tables[stream.table]
        self.columns = table.file_columns
        self._zone = ZoneInfo(contracts.zone)
        self._sender, self._time = stream.sender, stream.time
        self._level = topic.split("/").index("+")
        self.formats = table.columns[stream.time].time_formats
        self._ahead = ahead

    def read(self, topic: str, payload: bytes, at: datetime) -> Message:
        """Read one message; whatever it holds, it becomes a row or is refused."""
        digest = blake2b(topic.encode() + b"\0" + payload, digest_size=16).hexdigest()
        kept = Message(digest, at, raw=payload[:LONGEST].decode("latin-1"))
        if len(payload) > LONGEST:
            return replace(kept, refused="message_too_long")
        told = _object(payload)
        if told is None:
            return replace(kept, refused="not_json")
        number = told.pop(MESSAGE_ID, None)
        sender = topic.split("/")[self._level]
        if told.get(self._sender) is None:
            told[self._sender] = sender
        if told[self._sender] != sender:
            return replace(kept, refused="topic_mismatch", number=number)
        if told.keys() - set(self.columns):
            return replace(kept, refused="unknown_field", number=number)
        early = self._too_early(told.get(self._time), at)
        return Message(
            digest,
            at,
            tuple(told.get(name) for name in self.columns),
            refused="from_the_future" if early else None,
            number=number,
        )

    def _too_early(self, text: str | None, at: datetime) -> bool:
        """Whether a time lies too far ahead; one that cannot be read is left to ingest."""
        # As ingest reads it: DuckDB passes over blanks around a time.
        written = str(text or "").strip()
        for form in self.formats if written else ():
            try:
                told = datetime.strptime(written, form)
            except ValueError:
                continue
            return told.replace(tzinfo=self._zone) > at + self._ahead
        return False


def _object(payload: bytes) -> dict[str, str | None] | None:
    """The texts of a flat JSON object as they were written; None: it is none."""
    try:
        told = json.loads(payload, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    flat: dict[str, str | None] = {}
    for name, value in told.items():
        if isinstance(value, bool):
            flat[name] = str(value).lower()
        elif value is None or isinstance(value, str):
            flat[name] = value
        else:
            return None
    return flat
