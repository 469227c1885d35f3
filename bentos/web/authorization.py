"""Lets into an operation whoever carries a token with a role for it, and records all others.

Where the settings name no issuer of tokens, nobody can be told from anybody: operations that only
answer are then open, as on a laptop; those that write refuse, since what they take in could be
anybody's.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextvars import ContextVar
from typing import Protocol

from anyio import to_thread
from starlette.requests import Request

from tambo.access.refusals import Refusal, record
from tambo.access.tokens import Caller, RefusedTokenError, Tokens, digest
from tambo.errors import SettingsError
from tambo.serving.problem import ProblemError
from tambo.settings import Settings

logger = logging.getLogger(__name__)

_CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)

_ASK = "ask the issuer for a token, and send it as Authorization: Bearer <token>"


class Guarded(Protocol):
    """What a guard must know of an operation."""

    @property
    def path(self) -> str:
        """Address of the operation."""
        ...

    @property
    def roles(self) -> Collection[str]:
        """Roles of which a caller needs one; empty: it is open to all."""
        ...

    @property
    def writes(self) -> bool:
        """Whether it takes something in."""
        ...


def current_caller() -> Caller | None:
    """Who asks the request that is being answered; None where nobody had to say."""
    return _CALLER.get()


class Guard:
    """Stands before the operations of a service.

    Args:
        service: its name, for the record of refusals.
        settings: the Tambo home, and the issuer; None: those of the process, when first needed.
    """

    def __init__(self, service: str, settings: Settings | None = None) -> None:
        self._service, self._settings = service, settings
        self._tokens: Tokens | None = None

    async def admit(self, operation: Guarded, request: Request) -> None:
        """Let a request in.

        Raises:
            ProblemError: it carries no token that is to be believed (401), or one without a role
                for this (403); or the issuer cannot be asked (503).
        """
        if operation.roles:
            _CALLER.set(await to_thread.run_sync(self._admit, operation, request))

    def _admit(self, operation: Guarded, request: Request) -> Caller | None:
        settings = self._settings = self._settings or Settings()
        url = settings.oidc_discovery_url
        if url is None and not operation.writes:
            return None
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else ""
        look = _Look(settings, self._service, operation, request, token)
        if url is None:
            raise look.refused(
                401,
                "this service knows no issuer of tokens, and takes nothing in from strangers",
                remedy="set TAMBO_OIDC_DISCOVERY_URL and TAMBO_OIDC_CLIENT_ID, and start it again",
            )
        if not token:
            raise look.refused(401, "the request carries no token", remedy=_ASK)
        try:
            self._tokens = self._tokens or Tokens(settings, url)
            caller = self._tokens.caller(token)
        except RefusedTokenError as error:
            raise look.refused(
                401, f"the token is not taken: {error.reason}", remedy=_ASK, claimed=error.claimed
            ) from None
        except SettingsError as error:
            # Its message names hosts, which are none of the caller's business.
            logger.error("%s", error)  # noqa: TRY400 - one line says all
            raise look.refused(503, "the issuer of tokens cannot be asked now") from None
        if caller.roles.isdisjoint(operation.roles):
            raise look.refused(
                403,
                f"{operation.path} needs one of the roles {', '.join(sorted(operation.roles))}",
                remedy="ask whoever gives roles at the issuer",
                caller=caller,
            )
        return caller


class _Look:
    """One look at a request that is to be let in."""

    def __init__(
        self, settings: Settings, service: str, operation: Guarded, request: Request, token: str
    ) -> None:
        self._settings, self._service, self._operation = settings, service, operation
        self._address = request.client.host if request.client else None
        self._digest = digest(token) if token else None

    def refused(
        self,
        status: int,
        reason: str,
        *,
        remedy: str | None = None,
        claimed: str | None = None,
        caller: Caller | None = None,
    ) -> ProblemError:
        """Record a refusal, and make the problem that it is answered with."""
        refusal = Refusal(
            service=self._service,
            path=self._operation.path,
            status=status,
            reason=reason,
            needed=self._operation.roles,
            subject=caller.subject if caller else None,
            claimed_subject=claimed,
            roles=caller.roles if caller else (),
            address=self._address,
            token_digest=self._digest,
        )
        record(self._settings, refusal)
        return ProblemError(status, reason, remedy=remedy)
