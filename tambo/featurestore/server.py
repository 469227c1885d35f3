"""Run the feature server: Feast's HTTP server over what is online, for other teams.

It runs in the process that starts it, so that nothing outlives that process, however it ends.
"""

from __future__ import annotations

import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.errors import FeatureError, OnlineStoreError, ServingError
from tambo.featurestore.access import auth_config, secure
from tambo.featurestore.publish import Published, read_published
from tambo.featurestore.server_app import make_app
from tambo.featurestore.store import repo_config
from tambo.lake import releases
from tambo.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from feast import FeatureStore

_STOP_SECONDS = 5


@dataclass(frozen=True)
class Tls:
    """Files of the server's certificate, PEM."""

    certificate: Path
    key: Path


def serve_forever(settings: Settings, port: int, tls: Tls | None = None) -> None:
    """Serve online features over HTTP until it is interrupted (Ctrl-C or SIGTERM).

    Args:
        settings: the Tambo home.
        port: where to listen; 0 finds a free port.
        tls: None: in the clear.

    Raises:
        ReleaseError: there is no release.
        OnlineStoreError: nothing is online.
        SettingsError: the issuer of tokens is not as needed.
        ServingError: the port is taken, or the certificate cannot be read.
    """
    newest = releases.get(settings).number
    published = _online(settings)
    listening = _listen(settings.serve_host, port)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with listening:
            store = open_served(settings)
            secure(store)
            greeting = _greeting(store, listening, published, newest, tls)
            _run(make_app(store, settings), listening, tls, greeting)
    except KeyboardInterrupt:
        _say("feature server stopped")
    finally:
        signal.signal(signal.SIGTERM, before)


def open_served(settings: Settings) -> FeatureStore:
    """Open the store that the server reads, with the issuer that the settings name.

    Raises:
        SettingsError: the issuer of tokens is not as needed.
        FeatureError: an issuer is named, and the registry holds no permissions.
    """
    from feast import FeatureStore

    store = FeatureStore(config=repo_config(settings, auth=auth_config(settings)))
    if store.config.auth_config.type != "no_auth" and not store.list_permissions():
        # Feast would let everyone who has a token do everything.
        raise FeatureError(
            f"The registry of {settings.home} holds no permissions.", remedy="tambo features"
        )
    return store


def _online(settings: Settings) -> Published:
    """What is online, looked up before Feast is imported, which takes seconds."""
    published = read_published(settings)
    if published is None or not settings.registry.exists():
        raise OnlineStoreError(
            f"No release is online in {settings.home}: there is nothing to serve.",
            remedy="tambo features",
        )
    return published


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise ServingError(
            f"The feature server cannot listen on {host}:{port}: {error.strerror}.",
            remedy="set TAMBO_FEATURES_PORT or --port to another; 0 finds a free one",
        ) from error
    return listening


def _run(app: FastAPI, listening: socket.socket, tls: Tls | None, greeting: list[str]) -> None:
    import uvicorn

    class Announced(uvicorn.Server):
        """Says where it is once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                _say(*greeting)

    options: dict[str, Any] = {}
    if tls is not None:
        options = {"ssl_certfile": str(tls.certificate), "ssl_keyfile": str(tls.key)}
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
        **options,
    )
    try:
        config.load()
    except OSError as error:
        raise ServingError(
            f"The certificate cannot be used: {error}", remedy="give --tls-cert and --tls-key, PEM"
        ) from error
    server = Announced(config)
    server.run(sockets=[listening])
    if not server.started:
        raise ServingError("The feature server did not start.")


def _greeting(
    store: FeatureStore,
    listening: socket.socket,
    published: Published,
    newest: int,
    tls: Tls | None,
) -> list[str]:
    host, port = listening.getsockname()[:2]
    url = f"{'http' if tls is None else 'https'}://{host}:{port}"
    services = ", ".join(sorted(one.name for one in store.list_feature_services())) or "none"
    roles = "none asked for: whoever reaches this address reads everything, and nobody writes"
    if store.config.auth_config.type != "no_auth":
        roles = f"by tokens of {store.config.auth_config.issuer}"
    behind = "" if published.release == newest else f" ({newest} is the newest: tambo features)"
    return [
        f"feature server: {url}, release {published.release}{behind}, as of {published.as_of}",
        f"  services  {services}",
        f"  ask       POST {url}/get-online-features (docs/other-teams.md)",
        f"  docs page {url}/docs",
        f"  roles     {roles}",
    ]


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
