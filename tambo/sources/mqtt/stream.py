"""A stream: raw rows of one table that senders publish, one a message."""

from __future__ import annotations

from dataclasses import dataclass

from tambo.domains import slices
from tambo.errors import SourceError

MESSAGE_ID = "message_id"
"""What a message may hold besides its row: an id that its sender gave it."""


@dataclass(frozen=True)
class Stream:
    """What the messages of one topic filter are.

    Attributes:
        domain: whose contracts they keep to.
        table: the contract's table; a message is a row of it, its key among the columns.
        sender: the column that the topic tells.
        time: the column that tells when a row became true.
        push_source: name of Feast's push source whose views are served from it.
    """

    domain: str
    table: str
    sender: str
    time: str
    push_source: str

    @property
    def spool(self) -> str:
        """The spool's topic."""
        return f"raw.{self.table}"


def all_streams() -> list[Stream]:
    """Streams of every domain: its slice `tambo/sources/<domain>/stream.py` declares its own."""
    return [module.STREAM for module in slices("tambo.sources", "stream").values()]


def find_stream(domain: str | None = None) -> Stream:
    """The stream of a domain.

    Args:
        domain: None: of the only one that has a stream.

    Raises:
        SourceError: the domain has none, or several have one and none is named.
    """
    streams = all_streams()
    found = [one for one in streams if domain in {None, one.domain}]
    if len(found) != 1:
        what = "No domain is named" if domain is None else f"{domain!r} has no stream"
        raise SourceError(f"{what}.", remedy=f"one of: {', '.join(one.domain for one in streams)}")
    return found[0]
