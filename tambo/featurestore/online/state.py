"""Which release an online store holds, written into the store itself.

Feast does not keep it. It lies beside the values, so that a reader learns it in the same round
trip, and so that a file that is moved, or a Redis far away, still says what it is.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tambo.as_of import AsOf
from tambo.errors import OnlineStoreError, ReleaseError

TABLE = "tambo_state"

Clock = Literal["release", "wall"]


@dataclass(frozen=True, slots=True)
class StoreState:
    """What an online store holds.

    Attributes:
        release: number of the release that was materialised.
        as_of: newest availability in it, by domain.
        publication: number of the publication that filled the store; rows that a later one has
            written are not served yet.
        clock: what ages are counted to unless a reader says an instant: the release's as_of of
            the domain (sample and historic data end in the past), or the wall clock.
        definitions: hash of the Feast definitions.
    """

    release: int
    as_of: AsOf
    publication: int = 0
    clock: Clock = "release"
    definitions: str = ""

    def instant(self, domain: str | None) -> datetime:
        """As_of of a domain, aware; see `AsOf.of`.

        Raises:
            OnlineStoreError: the store holds nothing of the domain.
        """
        if not self.as_of:
            raise OnlineStoreError(
                f"the online store holds release {self.release} as an earlier Tambo wrote it, with "
                "one as_of for all domains",
                remedy="run tambo features",
            )
        try:
            return self.as_of.aware(domain)
        except ReleaseError as error:
            raise OnlineStoreError(
                f"the online store, which holds release {self.release}: {error.message}",
                remedy=error.remedy,
            ) from error

    def now(self, domain: str | None) -> datetime:
        """The instant that ages of a domain's values are counted to.

        Raises:
            OnlineStoreError: the store holds nothing of the domain, and its clock is the release.
        """
        return datetime.now(UTC) if self.clock == "wall" else self.instant(domain)

    def dump(self) -> bytes:
        """Write the state as JSON."""
        return json.dumps({**asdict(self), "as_of": self.as_of.model_dump()}).encode()

    @classmethod
    def parse(cls, text: bytes | str) -> StoreState:
        """Read a state from JSON.

        Of a store that an earlier Tambo filled no domain has an as_of: it is filled again.

        Raises:
            OnlineStoreError: it is not one.
        """
        try:
            found = json.loads(text)
            return cls(
                int(found["release"]),
                AsOf.model_validate({} if isinstance(found["as_of"], str) else found["as_of"]),
                int(found.get("publication", 0)),
                "wall" if found.get("clock") == "wall" else "release",
                str(found.get("definitions", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OnlineStoreError(
                f"the online store does not say which release it holds: {text!r}",
                remedy="run tambo features",
            ) from error


def redis_key(project: str) -> bytes:
    """Key of the state in Redis; no entity key begins like it."""
    return f"tambo:state:{project}".encode()


def put_sqlite_state(connection: sqlite3.Connection, project: str, state: StoreState) -> None:
    """Say over an open connection which release the file holds; the caller commits."""
    connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (project TEXT PRIMARY KEY, state TEXT)")
    connection.execute(
        f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?)", (project, state.dump().decode())
    )


def write_sqlite_state(path: Path, project: str, state: StoreState) -> None:
    """Say in a SQLite online store which release it holds."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            put_sqlite_state(connection, project, state)
    finally:
        connection.close()


def write_redis_state(url: str, project: str, state: StoreState) -> None:
    """Say in a Redis online store which release it holds.

    Raises:
        OnlineStoreError: Redis does not take it.
    """
    import redis

    try:
        with redis.Redis.from_url(url) as client:
            client.set(redis_key(project), state.dump())
    except (redis.RedisError, ValueError) as error:
        raise OnlineStoreError(
            f"Redis does not take the release's number: {error}",
            remedy="start it, or correct TAMBO_REDIS_URL",
        ) from error
