"""The instant that a release is of, for each of its domains (DESIGN 2a, rule 9).

Sample and historic data end in the past, and not all at one time: beside travel data that end in
2026 may stand counts that ended in 2012. So what a domain's values are judged at is the newest
that is known of that domain. Everybody who asks for it asks here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self

from pydantic import ConfigDict, RootModel, ValidationError, field_serializer, field_validator

from tambo.errors import ReleaseError


class AsOf(RootModel[dict[str, datetime]]):
    """The instants by domain; immutable, and in JSON an object of RFC 3339 times.

    Times without a zone are UTC. They are kept without one, as the lake stores times.

    >>> as_of = AsOf({"travel": datetime(2026, 1, 1), "tourism": datetime(2012, 12, 31, 23)})
    >>> print(as_of)
    tourism 2012-12-31 23:00, travel 2026-01-01 00:00
    >>> as_of.of("tourism")
    datetime.datetime(2012, 12, 31, 23, 0)
    """

    model_config = ConfigDict(frozen=True)

    @field_validator("root")
    @classmethod
    def _naive_utc(cls, value: dict[str, datetime]) -> dict[str, datetime]:
        return {domain: _naive(value[domain]) for domain in sorted(value)}

    @field_serializer("root")
    def _with_zone(self, value: dict[str, datetime]) -> dict[str, str]:
        return {domain: at.replace(tzinfo=UTC).isoformat() for domain, at in value.items()}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from JSON.

        Raises:
            ReleaseError: the text is something else.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise ReleaseError(
                f"This is no as_of by domain: {text!r}.", remedy="tambo build && tambo release"
            ) from error

    def dump(self) -> str:
        """Write it as JSON, always the same text for the same instants."""
        return json.dumps(self.model_dump())

    @property
    def domains(self) -> tuple[str, ...]:
        """Whose instants are known, sorted."""
        return tuple(self.root)

    @property
    def by_domain(self) -> Mapping[str, datetime]:
        """All instants; naive, UTC."""
        return self.root

    def of(self, domain: str | None) -> datetime:
        """The instant of one domain; naive, UTC.

        Args:
            domain: its name. None is for what does not say whose it is, as other teams' own feature
                views: where there is one domain, it is that domain's.

        Raises:
            ReleaseError: nothing of this domain is there, or None was asked of several.
        """
        if domain is None and len(self.root) == 1:
            return next(iter(self.root.values()))
        instant = None if domain is None else self.root.get(domain)
        if instant is not None:
            return instant
        if domain is None and self.root:
            raise ReleaseError(
                f"It must be said of which domain this is: as_of is another in each ({self}).",
                remedy="give the feature view the tag domain; a model of an earlier version of "
                "Tambo is to be trained again",
            )
        raise ReleaseError(
            f"Nothing of {domain or 'any domain'} is here; there is: {self or 'nothing'}.",
            remedy="take its files in, then: tambo build && tambo validate && tambo release && "
            "tambo features",
        )

    def aware(self, domain: str | None) -> datetime:
        """Do as `of` does; the instant has the zone UTC."""
        return self.of(domain).replace(tzinfo=UTC)

    def not_before(self, other: AsOf, domain: str | None) -> bool:
        """Whether a domain's instant is here, is in the other, and is not earlier than there."""
        try:
            return self.of(domain) >= other.of(domain)
        except ReleaseError:
            return False

    def __bool__(self) -> bool:
        return bool(self.root)

    def __str__(self) -> str:
        """The instants to the minute; of one domain without its name."""
        if not self.root:
            return "unknown"
        shown = {domain: f"{at:%Y-%m-%d %H:%M}" for domain, at in self.root.items()}
        if len(shown) == 1:
            return next(iter(shown.values()))
        return ", ".join(f"{domain} {at}" for domain, at in shown.items())


def _naive(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)
