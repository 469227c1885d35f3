"""The commands of one look-up in Redis as they go over the wire, and how to read the replies.

There is one hash an entity key (key bytes followed by the project), shared by all views of that
entity. Its fields are the murmur3 hash of view:feature for each value, and `_ts:view` for the
times. All views that share a key are read with one HMGET.

The commands are put together here, since redis-py takes longer to pack an HMGET of 20 fields than
Redis takes to answer it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from tambo.featurestore.online.stamp import read_previous, read_seen
from tambo.featurestore.online.state import StoreState
from tambo.featurestore.online.store import Fetched, Found, Layout, Wanted

_Reply = list[bytes | None]

_ANY = 2**32
"""No publication has a greater number: where the state says none, all rows are seen."""


class Uncovered(Exception):  # noqa: N818 - not an error: the question must be asked again
    """A row is of a publication that the store's state does not cover yet."""


class RedisQuestion:
    """One round trip.

    Args:
        wanted: what to look up.
        state_key: key of the store's state.
        suffix: what follows the entity key in a hash's name: the project.
        previous: ask for `_prev:view` too, where a row that is being replaced is kept.

    Attributes:
        payload: the commands.
        replies: how many replies they give.
        replaced: a row was read from `_prev:view`: a release is being published.
    """

    def __init__(
        self, wanted: Sequence[Wanted], state_key: bytes, suffix: bytes, *, previous: bool
    ) -> None:
        self._wanted = wanted
        self.replaced = False
        parts = [b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(state_key), state_key)]
        more = len(suffix)
        for layouts, keys in wanted:
            head, tail = _hmget(layouts, suffix, previous)
            parts += [b"%b%d\r\n%b%b" % (head, len(key) + more, key, tail) for key in keys]
        self.payload = b"".join(parts)
        self.replies = len(parts)

    def read(self, replies: list[Any]) -> Fetched:
        """Take the replies apart.

        Raises:
            Uncovered: a row is not visible yet, and what it replaces was not asked for, or is no
                longer kept since its publication has ended in between.
        """
        state = None if replies[0] is None else _state(replies[0])
        visible = _ANY if state is None else state.publication
        found: list[Found] = []
        start = 1
        for layouts, keys in self._wanted:
            end = start + len(keys)
            found.append(self._found(layouts, replies[start:end], visible))
            start = end
        return Fetched(state, found)

    def _found(self, layouts: tuple[Layout, ...], replies: list[_Reply], visible: int) -> Found:
        count, views = sum(len(one.fields) for one in layouts), len(layouts)
        events: list[Sequence[datetime | None]] = []
        for reply in replies:
            times = reply[count : count + views]
            kept = reply[count + views :]
            del reply[count:]
            row: list[datetime | None] = []
            for at, stored in enumerate(times):
                if stored is None:
                    row.append(None)
                    continue
                event, publication, removed = read_seen(stored)
                if publication > visible:
                    row.append(_put_back(layouts, at, reply, kept))
                    self.replaced = True
                else:
                    row.append(None if removed else event)
            events.append(row)
        return Found(events, replies)  # type: ignore[arg-type]  # a list of lists


def _put_back(layouts: tuple[Layout, ...], at: int, reply: _Reply, kept: _Reply) -> datetime | None:
    """Put back the values that a row has replaced; their event time, or None for no row."""
    stored = kept[at] if kept else None
    if stored is None:
        raise Uncovered
    previous = read_previous(stored)
    if previous is None:
        return None
    event, _, removed = read_seen(previous[0])
    start = sum(len(one.fields) for one in layouts[:at])
    fields = layouts[at].fields
    reply[start : start + len(fields)] = [previous[1].get(field) for field in fields]
    return None if removed else event


@lru_cache(maxsize=16)
def _state(stored: bytes) -> StoreState:
    return StoreState.parse(stored)


@lru_cache(maxsize=1024)
def _hmget(layouts: tuple[Layout, ...], suffix: bytes, previous: bool) -> tuple[bytes, bytes]:
    """What stands before the length of the key of an HMGET, and after the entity key."""
    fields = list(chain.from_iterable(one.fields for one in layouts))
    fields += [f"_ts:{one.stored}".encode() for one in layouts]
    if previous:
        fields += [f"_prev:{one.stored}".encode() for one in layouts]
    tail = b"".join(b"$%d\r\n%b\r\n" % (len(field), field) for field in fields)
    return b"*%d\r\n$5\r\nHMGET\r\n$" % (len(fields) + 2), suffix + b"\r\n" + tail
