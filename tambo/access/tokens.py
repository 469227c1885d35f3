"""Bearer tokens: whether one is to be believed, and whose it is.

A token is a JWT that the issuer signed with RS256, for us, and that has not expired. Roles stand
where Feast looks for them, so that a token means the same to the feature server.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tambo.access.issuer import Issuer, client_id
from tambo.settings import Settings

LEEWAY_SECONDS = 10
"""How far the issuer's clock may be off; as Feast's."""

_SUBJECT = ("preferred_username", "upn", "azp", "appid", "sub")
"""Claims that name who asks, the first that there is; as Feast's."""


_NONSENSE = (ValueError, TypeError, AttributeError, RecursionError)
"""What the library lets through where a token is no token: JSON nested too deep, say."""


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        subject: name at the issuer.
        roles: that the issuer gives for us.
    """

    subject: str
    roles: frozenset[str]


class RefusedTokenError(Exception):
    """A token that is not to be believed.

    Args:
        reason: why, without the token.
        claimed: whom the token claims to be of; anybody may have written that.
    """

    def __init__(self, reason: str, claimed: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.claimed = reason, claimed


class Tokens:
    """Believes tokens, or refuses them; may be used by several threads.

    Args:
        settings: name the issuer, and us.
        url: of the issuer's discovery document.

    Raises:
        SettingsError: the settings do not go together.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self._issuer = Issuer(settings, url)
        self._client = client_id(settings)
        self._audience = settings.oidc_audience or self._client

    def caller(self, token: str) -> Caller:
        """Whose token it is.

        Raises:
            RefusedTokenError: it is forged, expired, of another issuer, or for somebody else.
            SettingsError: the issuer cannot be asked.
        """
        import jwt

        claimed = claimed_subject(token)
        try:
            header = jwt.get_unverified_header(token)
            key = self._issuer.key(header.get("kid"))
            if key is None:
                raise RefusedTokenError("it is signed with a key that the issuer has not", claimed)
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer.name,
                options={"require": ["exp", "aud", "iss"]},
                leeway=LEEWAY_SECONDS,
            )
        except (jwt.PyJWTError, *_NONSENSE) as error:
            raise RefusedTokenError(_words(error), claimed) from None
        subject = _subject(claims)
        if subject is None:
            raise RefusedTokenError("it does not say whose it is", claimed)
        return Caller(subject, self._roles(claims))

    def _roles(self, claims: dict[str, Any]) -> frozenset[str]:
        """Keycloak's place of roles, and Entra ID's."""
        access = claims.get("resource_access")
        own = access.get(self._client) if isinstance(access, dict) else None
        listed = (own.get("roles") if isinstance(own, dict) else None, claims.get("roles"))
        return frozenset(
            role
            for roles in listed
            if isinstance(roles, list)
            for role in roles
            if isinstance(role, str)
        )


def digest(token: str) -> str:
    """By which two uses of one token are known as such; the token cannot be had from it."""
    return sha256(token.encode()).hexdigest()[:16]


def _subject(claims: dict[str, Any]) -> str | None:
    return next((claims[one] for one in _SUBJECT if isinstance(claims.get(one), str)), None)


def claimed_subject(token: str) -> str | None:
    """Whom a token says it is of; anybody may have written that."""
    import jwt

    try:
        return _subject(jwt.decode(token, options={"verify_signature": False}))
    except (jwt.PyJWTError, *_NONSENSE):
        return None


def _words(error: Exception) -> str:
    """What is wrong, without what the library quotes of the token."""
    import jwt

    known = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidAudienceError: "it was made out to somebody else",
        jwt.InvalidIssuerError: "somebody else has issued it",
        jwt.InvalidSignatureError: "its signature does not fit what it says",
        jwt.InvalidAlgorithmError: "it is not signed with RS256",
        jwt.MissingRequiredClaimError: "it lacks a claim: exp, aud or iss",
    }
    return known.get(type(error), "it is no token")
