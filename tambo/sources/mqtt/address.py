"""Where the broker is."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from tambo.errors import SettingsError
from tambo.settings import Settings

PORTS = {"mqtt": 1883, "mqtts": 8883}
"""Ports by scheme, where the address names none."""


def address_of(settings: Settings) -> SplitResult:
    """Where the broker is.

    Raises:
        SettingsError: TAMBO_TELEMETRY_URL is missing, or is no address of a broker.
    """
    if settings.telemetry_url is None:
        raise SettingsError(
            "No broker of telemetry is named.", remedy="set TAMBO_TELEMETRY_URL=mqtt://host:1883"
        )
    parts = urlsplit(settings.telemetry_url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username or parts.path.strip("/"):
        raise SettingsError(
            f"TAMBO_TELEMETRY_URL is no address of a broker: {parts.scheme}://{parts.hostname}.",
            remedy="write mqtt://host:port or mqtts://host:port; user and password have settings "
            "of their own",
        )
    return parts
