"""One session at an MQTT broker: messages come with QoS 1 and are answered one by one, by us.

The session outlives the connection: the broker keeps what comes while nobody listens, and sends
again what was not answered. The library connects again by itself, waiting longer each time.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult

from tambo.errors import SourceError
from tambo.settings import Settings
from tambo.sources.mqtt.address import PORTS, address_of

if TYPE_CHECKING:
    from paho.mqtt.client import Client

UNANSWERED = 1000
"""Messages that the broker may send before it has an answer; what is held in memory at most."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1, 10
KEEPALIVE_SECONDS = 30

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as the broker delivered it.

    Attributes:
        topic: it was published under.
        payload: its bytes.
        again: whether the broker says that it sent it before.
        at: when it arrived, UTC with zone.
        number: by which it is answered; None: it was published with QoS 0 and wants no answer.
        connection: over which; a later one has other numbers.
    """

    topic: str
    payload: bytes
    again: bool
    at: datetime
    number: int | None
    connection: int


class Broker:
    """The session; see the module.

    Args:
        settings: where the broker is, and who we are there.

    Raises:
        SettingsError: the address is missing or none.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._address = address_of(settings)
        self._arrived: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._connection = 0
        self._ever = False
        self._refusal: str | None = None
        self._client = self._make_client()

    def open(self) -> None:
        """Connect, now or as soon as the broker is there, and stay connected."""
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._settings.telemetry_session_hours * 3600
        properties.ReceiveMaximum = UNANSWERED
        host, port = str(self._address.hostname), self._address.port
        self._client.connect_async(
            host,
            port or PORTS[self._address.scheme],
            keepalive=KEEPALIVE_SECONDS,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        """Whether the broker has us now."""
        return bool(self._client.is_connected())

    def take(self, most: int, seconds: float) -> list[Delivery]:
        """What has arrived, oldest first; waits so long for the first.

        Raises:
            SourceError: the broker has refused us from the beginning, or what we subscribe to.
        """
        if self._refusal is not None:
            raise SourceError(
                f"The broker {self._address.hostname} refuses us: {self._refusal}.",
                remedy="correct TAMBO_TELEMETRY_USER, _PASSWORD or _CLIENT_ID, or our rights there",
            )
        found: list[Delivery] = []
        try:
            found.append(self._arrived.get(timeout=seconds))
            while len(found) < most:
                found.append(self._arrived.get_nowait())
        except queue.Empty:
            pass
        return found

    def answer(self, deliveries: list[Delivery]) -> None:
        """Tell the broker that messages are safe.

        One that came over a connection that broke since is not answered: its number may be another
        message's now. The broker sends it again.
        """
        for one in deliveries:
            with self._lock:
                if one.number is not None and one.connection == self._connection:
                    self._client.ack(one.number, 1)

    def close(self) -> None:
        """Disconnect; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def _make_client(self) -> Client:
        from paho.mqtt.client import Client, MQTTv5
        from paho.mqtt.enums import CallbackAPIVersion

        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.telemetry_client_id,
            protocol=MQTTv5,
            manual_ack=True,
        )
        let_in(client, settings, self._address)
        client.reconnect_delay_set(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _on_connect(self, client: Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        from paho.mqtt.subscribeoptions import SubscribeOptions

        if reason.is_failure:
            # Later the broker may only be half up: what it took once, it will take again.
            self._refusal = None if self._ever else str(reason)
            return
        if self._ever and not flags.session_present:
            logger.warning("the broker has forgotten the session: what came meanwhile is lost")
        self._ever = True
        # Retained messages come when the session is new, and not at every connection.
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        client.subscribe(self._settings.telemetry_topic, options=options)

    def _on_subscribe(self, _: Any, __: Any, ___: Any, reasons: Any, properties: Any) -> None:
        if reasons[0].is_failure:
            self._refusal = f"{reasons[0]}, of {self._settings.telemetry_topic}"

    def _on_connect_fail(self, *_: Any) -> None:
        logger.warning("the broker %s cannot be reached; trying again", self._address.hostname)

    def _on_disconnect(self, *_: Any) -> None:
        with self._lock:
            self._connection += 1

    def _on_message(self, _: Client, __: Any, message: Any) -> None:
        self._arrived.put(
            Delivery(
                message.topic,
                message.payload,
                message.dup,
                datetime.fromtimestamp(time.time(), UTC),
                message.mid if message.qos else None,
                self._connection,
            )
        )


def let_in(client: Client, settings: Settings, address: SplitResult) -> None:
    """Give a client what the broker asks for: user and password, and TLS by its address."""
    if settings.telemetry_user is not None:
        secret = settings.telemetry_password
        password = None if secret is None else secret.get_secret_value()
        client.username_pw_set(settings.telemetry_user, password)
    if address.scheme == "mqtts":
        client.tls_set(None if settings.telemetry_ca is None else str(settings.telemetry_ca))
