"""The sample world's senders: they publish to topics of their own, which real senders never use.

The world's time goes on with them: what they send is known when it is read, as the world's
files are known when the world says that they arrived.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tambo.domains import slices
from tambo.errors import SourceError
from tambo.settings import Settings
from tambo.sources.mqtt.address import PORTS, address_of
from tambo.sources.mqtt.arrival import Arrivals
from tambo.sources.mqtt.broker import KEEPALIVE_SECONDS, Delivery, let_in
from tambo.sources.mqtt.stream import Stream

PREFIX = "sample"
NOTE = "sensors.txt"
"""In the home: how many rounds were sent."""
Round = tuple[int, datetime, list[dict[str, Any]]]
PATIENCE_SECONDS = 10.0
"""How long the broker may take to answer."""


def sample_settings(settings: Settings, stream: Stream) -> Settings:
    """The same, for who listens to the sample's senders: their topics, a session of its own."""
    return settings.model_copy(
        update={
            "telemetry_topic": f"{PREFIX}/+/{stream.table}",
            "telemetry_client_id": f"{settings.telemetry_client_id}-{PREFIX}",
        }
    )


def sample_arrivals(stream: Stream) -> Arrivals:
    """Arrivals by the world's time: a message arrives when it is read."""

    def told(delivery: Delivery) -> datetime | None:
        try:
            read_at = datetime.fromisoformat(json.loads(delivery.payload)[stream.time])
        except (ValueError, KeyError, TypeError):
            return None
        return read_at if read_at.tzinfo else read_at.replace(tzinfo=UTC)

    return Arrivals(told)


def sample_rounds(settings: Settings, stream: Stream) -> Iterator[Round]:
    """Rounds from where they were left off: number, time, and what all senders read then.

    Raises:
        SourceError: the domain's sample world has no senders.
        TamboError: the home has no sample world.
    """
    module = slices("tambo.sources", "world.live").get(stream.domain)
    if module is None:
        raise SourceError(f"The sample world of {stream.domain} has no senders.")
    note = settings.home / NOTE
    done = int(note.read_text()) if note.exists() else 0
    return ((n, *one) for n, one in enumerate(module.rounds(settings), start=1) if n > done)


def note_sent(settings: Settings, number: int) -> None:
    """Write down that a round was sent; one that is sent again is a repeat."""
    (settings.home / NOTE).write_text(f"{number}\n")


class Senders:
    """A connection by which rows are published with QoS 1.

    Args:
        settings: where the broker is.
        stream: whose rows.

    Raises:
        SettingsError: no broker is named.
        SourceError: it cannot be reached, or refuses us.
    """

    def __init__(self, settings: Settings, stream: Stream) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self._stream = stream
        address, there = address_of(settings), threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2)
        let_in(self._client, settings, address)
        self._refusal = "it does not answer"

        def connected(_: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
            self._refusal = str(reason) if reason.is_failure else ""
            there.set()

        self._client.on_connect = connected
        host = str(address.hostname)
        try:
            port = address.port or PORTS[address.scheme]
            self._client.connect(host, port, keepalive=KEEPALIVE_SECONDS)
        except OSError as error:
            raise self._away(host, str(error)) from error
        self._client.loop_start()
        there.wait(PATIENCE_SECONDS)
        if self._refusal:
            self.close()
            raise self._away(host, self._refusal)

    def send(self, read_at: datetime, rows: list[dict[str, Any]]) -> None:
        """Publish what was read at a time, UTC.

        Raises:
            SourceError: the broker does not take them.
        """
        sent = []
        for row in rows:
            told = {name: value for name, value in row.items() if name != self._stream.sender}
            topic = f"{PREFIX}/{row[self._stream.sender]}/{self._stream.table}"
            payload = json.dumps({self._stream.time: f"{read_at:%Y-%m-%dT%H:%M:%SZ}", **told})
            sent.append(self._client.publish(topic, payload, qos=1))
        for one in sent:
            one.wait_for_publish(PATIENCE_SECONDS)
            if not one.is_published():
                raise SourceError("The broker does not answer.", remedy="see that it runs")

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    @staticmethod
    def _away(host: str, why: str) -> SourceError:
        return SourceError(
            f"The broker {host} does not let us in: {why}.",
            remedy="see that it runs; correct TAMBO_TELEMETRY_URL, _USER or _PASSWORD",
        )
