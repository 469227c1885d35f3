"""How the feature server knows who asks: tokens of the issuer that the settings name.

Feast checks a token's signature and expiry. For whom it was made out and who made it out are
checked too, which Feast does only when told what to expect.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tambo.access.issuer import client_id, discovered
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore
    from feast.permissions.permission import Permission

NO_AUTH: Mapping[str, Any] = {"type": "no_auth"}

_BYPASS = "INTRA_COMMUNICATION_BASE64"
"""Feast takes unsigned tokens that carry this variable's value, and checks no role."""


def auth_config(settings: Settings) -> Mapping[str, Any]:
    """Feast's `auth:` block for a server of this home; the issuer is asked for its keys' address.

    Raises:
        SettingsError: the issuer does not answer, or the settings do not go together.
    """
    url = settings.oidc_discovery_url
    if url is None:
        return NO_AUTH
    name = client_id(settings)
    says = discovered(settings, url)
    return {
        "type": "oidc",
        "auth_discovery_url": url,
        "client_id": name,
        "audience": settings.oidc_audience or name,
        "issuer": settings.oidc_issuer or says["issuer"],
        "ca_cert_path": "" if settings.oidc_ca is None else str(settings.oidc_ca),
    }


def secure(store: FeatureStore) -> None:
    """Set Feast's security up for this process, as the store's `auth:` says."""
    from feast.permissions import security_manager
    from feast.permissions.server.utils import (
        ServerType,
        init_auth_manager,
        init_security_manager,
        str_to_auth_manager_type,
    )

    _log_refused_tokens()
    os.environ.pop(_BYPASS, None)
    kind = str_to_auth_manager_type(store.config.auth_config.type)
    init_security_manager(auth_type=kind, fs=store)
    init_auth_manager(
        auth_type=kind, server_type=ServerType.REST, auth_config=store.config.auth_config
    )

    class CachedPermissions(security_manager.SecurityManager):  # type: ignore[misc]
        """Takes permissions from the registry in memory, which is as new as the file.

        Feast reads the file again for each check, and then resolves each request from nothing.
        """

        @property
        def permissions(self) -> list[Permission]:
            found: list[Permission] = self._registry.list_permissions(
                self._project, allow_cache=True
            )
            return found

    if security_manager.get_security_manager() is not None:
        security_manager.set_security_manager(CachedPermissions(store.project, store.registry))


def _log_refused_tokens() -> None:
    """Why a token was not taken, in a line: all else is logged where it is answered."""

    def in_a_line(record: logging.LogRecord) -> bool:
        if record.exc_info:
            record.msg = f"{record.getMessage()} {record.exc_info[1]}"
            record.args, record.exc_info = (), None
        return True

    logging.getLogger("feast").setLevel(logging.CRITICAL)
    parser = logging.getLogger("feast.permissions.auth.oidc_token_parser")
    parser.setLevel(logging.ERROR)
    parser.addFilter(in_a_line)
