"""The issuer of tokens that the settings name: what it says of itself, and its keys."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from tambo.errors import SettingsError
from tambo.settings import Settings

NEEDED = ("issuer", "jwks_uri", "token_endpoint", "authorization_endpoint")
"""What Feast reads of the issuer's discovery document, before it looks at any token."""

KEEP_SECONDS = 300.0
"""Keys are asked for again after so long: one that the issuer has withdrawn is then refused."""

PAUSE_SECONDS = 5.0
"""A key that is not known lets us ask no more often, since anybody may make one up; nor does an
issuer that is away."""

_TIMEOUT_SECONDS = 10.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def client_id(settings: Settings) -> str:
    """What the issuer calls this installation; roles are given for it.

    Raises:
        SettingsError: it is not set.
    """
    if not settings.oidc_client_id:
        raise SettingsError(
            "TAMBO_OIDC_DISCOVERY_URL is set, TAMBO_OIDC_CLIENT_ID is not.",
            remedy="set it to the client id at the issuer that roles are given for",
        )
    return settings.oidc_client_id


def discovered(settings: Settings, url: str) -> dict[str, Any]:
    """The issuer's discovery document.

    Raises:
        SettingsError: the issuer does not answer, or is none.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise SettingsError(
            f"TAMBO_OIDC_DISCOVERY_URL is {url}: keys that come in the clear prove nothing.",
            remedy="give the issuer's https address",
        )
    try:
        says = _get(settings, url)
        missing = [name for name in NEEDED if not says.get(name)]
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        raise SettingsError(
            f"The issuer's discovery document at {url} cannot be read: {error}",
            remedy="correct TAMBO_OIDC_DISCOVERY_URL; it ends in /.well-known/openid-configuration",
        ) from error
    if missing:
        raise SettingsError(
            f"The discovery document at {url} has no {', '.join(missing)}.",
            remedy="name an issuer of OpenID Connect",
        )
    return says


class Issuer:
    """An issuer, asked when its first token comes; may be used by several threads.

    Args:
        settings: name it.
        url: of its discovery document.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings, self._url = settings, url
        self._lock = threading.Lock()
        self._says: Mapping[str, Any] | None = None
        self._keys: dict[str | None, Any] = {}
        self._asked = self._failed = float("-inf")
        self._why = ""

    @property
    def name(self) -> str:
        """Who must have issued a token.

        Raises:
            SettingsError: the issuer cannot be asked.
        """
        return self._settings.oidc_issuer or str(self._discovery()["issuer"])

    def key(self, number: str | None) -> Any:
        """The key of a number; None: the issuer has none of it.

        Raises:
            SettingsError: the issuer cannot be asked.
        """
        with self._lock:
            age = time.monotonic() - self._asked
            if age > KEEP_SECONDS or (number not in self._keys and age > PAUSE_SECONDS):
                self._renew()
            return self._keys.get(number)

    def _renew(self) -> None:
        """Read the keys, unless that failed a moment ago: nobody is to wait for each request."""
        if time.monotonic() < self._failed + PAUSE_SECONDS:
            raise SettingsError(self._why)
        try:
            self._read_keys()
        except SettingsError as error:
            self._failed, self._why = time.monotonic(), error.message
            raise

    def _discovery(self) -> Mapping[str, Any]:
        if self._says is None:
            self._says = discovered(self._settings, self._url)
        return self._says

    def _read_keys(self) -> None:
        from jwt import PyJWKSet
        from jwt.exceptions import PyJWTError

        address = str(self._discovery()["jwks_uri"])
        try:
            found = PyJWKSet.from_dict(_get(self._settings, address)).keys
        except (httpx.HTTPError, PyJWTError, ValueError, AttributeError) as error:
            raise SettingsError(
                f"The issuer's keys at {address} cannot be read: {error}",
                remedy="look whether the issuer is there",
            ) from error
        self._keys = {
            one.key_id: one.key
            for one in found
            if one.key_type == "RSA" and one.public_key_use in (None, "sig")
        }
        self._asked = time.monotonic()


def _get(settings: Settings, url: str) -> dict[str, Any]:
    context: ssl.SSLContext | bool = True
    if settings.oidc_ca is not None:
        context = ssl.create_default_context(cafile=str(settings.oidc_ca))
    answer = httpx.get(url, timeout=_TIMEOUT_SECONDS, verify=context)
    answer.raise_for_status()
    says: dict[str, Any] = answer.json()
    return says
