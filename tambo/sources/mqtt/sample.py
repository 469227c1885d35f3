"""The sample world's senders: they publish to topics of their own, which real senders never use."""

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
from tambo.sources.mqtt.broker import KEEPALIVE_SECONDS, let_in
from tambo.sources.mqtt.stream import Stream

PREFIX = "sample"
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


def sample_rounds(settings: Settings, stream: Stream) -> Iterator[list[dict[str, Any]]]:
    """Rows of all senders together, round after round, without their time.

    Raises:
        SourceError: the domain's sample world has no senders.
        TamboError: the home has no sample world.
    """
    module = slices("tambo.sources", "world.live").get(stream.domain)
    if module is None:
        raise SourceError(f"The sample world of {stream.domain} has no senders.")
    found: Iterator[list[dict[str, Any]]] = module.rounds(settings)
    return found


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

    def send(self, rows: list[dict[str, Any]]) -> None:
        """Publish rows as read now.

        Raises:
            SourceError: the broker does not take them.
        """
        read_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        sent = []
        for row in rows:
            told = {name: value for name, value in row.items() if name != self._stream.sender}
            topic = f"{PREFIX}/{row[self._stream.sender]}/{self._stream.table}"
            payload = json.dumps({self._stream.time: read_at, **told})
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
