"""Plans that somebody kept, to be looked at later: a JSON file each, in the home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from app import released
from tambo.errors import TamboError
from tambo.sources.fetch_state import write_file

FORMAT = 1


@dataclass(frozen=True)
class KeptPlan:
    """A plan with what it was asked for.

    Attributes:
        name: what somebody called it.
        kept_at: when; UTC.
        request: the body that was asked.
        plan: the answer to it; its model version and release are in it.
        path: of the file.
    """

    name: str
    kept_at: datetime
    request: Mapping[str, Any]
    plan: Mapping[str, Any]
    path: Path

    @property
    def first(self) -> date:
        """First day that it was asked for."""
        return date.fromisoformat(self.request["first"])

    @property
    def last(self) -> date:
        """Last day that it was asked for."""
        return date.fromisoformat(self.request["last"])

    @property
    def label(self) -> str:
        """One line for a list."""
        when = f"{self.first:%d %b %Y} to {self.last:%d %b %Y}"
        return f"{self.name} · {when} · kept on {self.kept_at:%Y-%m-%d %H:%M} UTC"


def keep(name: str, request: Mapping[str, Any], plan: Mapping[str, Any]) -> KeptPlan:
    """Write a plan into the home; afterwards it is there as a whole, or not at all.

    Raises:
        TamboError: the home cannot be written to.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    content = {
        "format": FORMAT,
        "name": name,
        "kept_at": now.isoformat(),
        "request": dict(request),
        "plan": dict(plan),
    }
    path = _folder() / f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}.json"
    try:
        write_file(path, json.dumps(content, indent=1).encode() + b"\n")
    except OSError as error:
        raise TamboError(
            f"{path} cannot be written: {error}.", remedy="Free some space, or mend its rights."
        ) from error
    return KeptPlan(name, now, request, plan, path)


def kept() -> tuple[list[KeptPlan], list[Path]]:
    """All kept plans, the newest first; and the files that are none."""
    found: list[KeptPlan] = []
    broken: list[Path] = []
    for path in sorted(_folder().glob("*.json"), reverse=True):
        try:
            found.append(_read(path))
        except (OSError, ValueError, TypeError, KeyError):
            broken.append(path)
    return found, broken


def _read(path: Path) -> KeptPlan:
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']}")
    when = datetime.fromisoformat(content["kept_at"])
    one = KeptPlan(content["name"], when, content["request"], content["plan"], path)
    # What the page needs at once must be there.
    _ = one.label, one.plan["rows"], one.plan["total"], one.plan["model"], one.plan["release"]
    return one


def _folder() -> Path:
    return released.settings().plans / "tourism"
