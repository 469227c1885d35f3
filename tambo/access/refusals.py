"""The record of refusals: who was refused what, when and why. Never the token."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from tambo.errors import SpoolError
from tambo.lake import spool
from tambo.settings import Settings

TOPIC = "audit.refusals"
"""The table of the lake that refusals go to."""

LONGEST = 200
"""Characters that are kept of what a stranger wrote."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """One request that was refused.

    Attributes:
        service: that refused it.
        path: that was asked.
        status: 401 or 403.
        reason: why.
        needed: roles of which one would have done.
        subject: who asked, as the issuer says; None: nobody that we believe.
        claimed_subject: who a token that we do not believe claims to be of.
        roles: of the subject.
        address: where the request came from.
        token_digest: tells uses of one token from those of others.
    """

    service: str
    path: str
    status: int
    reason: str
    needed: Iterable[str] = ()
    subject: str | None = None
    claimed_subject: str | None = None
    roles: Iterable[str] = ()
    address: str | None = None
    token_digest: str | None = None


def record(settings: Settings, refusal: Refusal) -> None:
    """Keep a refusal; when this returns, it is on the disk.

    A disk that takes nothing is told to the log, and the refusal stands.
    """
    kept = {
        "id": uuid4().hex,
        "refused_at": datetime.now(UTC).replace(tzinfo=None).isoformat(" "),
        "service": refusal.service,
        "path": refusal.path,
        "status": refusal.status,
        "subject": refusal.subject,
        "claimed_subject": refusal.claimed_subject,
        "roles": ", ".join(sorted(refusal.roles)),
        "needed": ", ".join(sorted(refusal.needed)),
        "reason": refusal.reason,
        "address": refusal.address,
        "token_digest": refusal.token_digest,
    }
    shown = {name: _plain(one) if isinstance(one, str) else one for name, one in kept.items()}
    try:
        spool.append(settings, TOPIC, [shown])
    except SpoolError:
        logger.exception("a refusal was not recorded; it was %s", shown)


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text)[:LONGEST]
