"""Moves what waits in the spool into the lake, each record once.

A segment is moved in one transaction and removed after it. A process that is killed between the two
leaves a segment whose records are in the table already: the next drain finds their ids there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from tambo.errors import LockedError, SpoolError, TamboError
from tambo.lake import spool
from tambo.lake.connect import exists, writer
from tambo.lake.lock import DRAIN
from tambo.lake.sql import ident
from tambo.lake.topics import SPOOLED
from tambo.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

ROUNDS = 3
"""How often what arrives meanwhile is moved as well: under steady arrival the next one goes on."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drained:
    """What a drain did.

    Attributes:
        records: records now in the lake that were not before.
        apart: lines that are no whole records of their table, kept in the spool's folder.
    """

    records: int = 0
    apart: int = 0

    def __add__(self, other: Drained) -> Drained:
        return Drained(self.records + other.records, self.apart + other.apart)

    def line(self) -> str:
        """One line for people."""
        moved = f"{self.records:,} records moved into the lake" if self.records else "nothing new"
        return f"{moved}; {self.apart:,} lines kept apart" if self.apart else moved


def drain(settings: Settings, topic: str | None = None) -> Drained:
    """Move what waits, of one topic or of all, into the lake; waits for the writer's lock.

    Args:
        settings: the Tambo home; where something waits and there is no lake, it is made.
        topic: a table of SPOOLED.

    Raises:
        SpoolError: unknown topic.
        LockedError: another process is writing.
    """
    if topic is None and not spool.anything(settings):
        return Drained()
    if topic is not None and topic not in SPOOLED:
        raise SpoolError(
            f"No table is filled from a spool of {topic!r}.",
            remedy=f"choose one of: {', '.join(SPOOLED)}",
        )
    done = _drain(settings, SPOOLED if topic is None else [topic])
    # What came meanwhile found the lock held.
    drain_if_free(settings)
    return done


def drain_if_free(settings: Settings) -> bool:
    """Move what waits if nobody is writing; never raises, since what waits is safe.

    Whoever holds the lock calls this after giving it back; so what is appended while the lock is
    held is moved by its holder.

    Returns:
        Whether nothing waits any more.
    """
    at_once = settings.model_copy(update={"lock_timeout_seconds": 0.0})
    try:
        for _ in range(ROUNDS):
            if not spool.anything(settings):
                return True
            if not exists(settings):
                return False
            _drain(at_once, SPOOLED)
    except LockedError:
        return False
    except (TamboError, duckdb.Error, OSError) as error:
        logger.warning("the spool was not drained, its records wait: %s", error)
    return False


def _drain(settings: Settings, topics: Iterable[str]) -> Drained:
    done = Drained()
    with writer(settings, DRAIN) as connection:
        for topic in topics:
            for segment in spool.seal(settings, topic):
                done += _move(connection, topic, segment)
    return done


def _move(connection: duckdb.DuckDBPyConnection, topic: str, segment: Path) -> Drained:
    columns = SPOOLED[topic]
    read = [(line, _parsed(line, columns)) for line in spool.lines_of(segment)]
    apart = [line for line, one in read if one is None]
    whole = [(line, one) for line, one in read if one is not None]
    moved = 0
    if whole:
        connection.register("spooled", _table([one for _, one in whole], columns))
        misfits, moved = _insert(connection, topic, columns)
        connection.unregister("spooled")
        apart += [whole[number][0] for number in misfits]
    spool.remove(segment, apart)
    return Drained(moved, len(apart))


def _insert(
    connection: duckdb.DuckDBPyConnection, topic: str, columns: Mapping[str, str]
) -> tuple[list[int], int]:
    """Insert the records that fit the table and are not in it.

    Returns:
        Numbers of those that do not fit, and how many were new.
    """
    casts = {name: f"TRY_CAST({ident(name)} AS {kind})" for name, kind in columns.items()}
    fits = " AND ".join(
        f"({ident(name)} IS NULL OR {cast} IS NOT NULL)" for name, cast in casts.items()
    )
    typed = ", ".join(f"{cast} AS {ident(name)}" for name, cast in casts.items())
    misfits = connection.execute(f"SELECT _number FROM spooled WHERE NOT ({fits})").fetchall()
    connection.execute("BEGIN")
    try:
        _prepare(connection, topic, columns)
        count = connection.execute(
            f"INSERT INTO lake.{topic} BY NAME SELECT {typed} FROM ("
            f"SELECT DISTINCT ON (id) * FROM spooled WHERE {fits} ORDER BY id, _number) AS news "
            f"ANTI JOIN lake.{topic} AS known ON news.id = known.id ORDER BY _number"
        ).fetchone()
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return [number for (number,) in misfits], int(count[0]) if count else 0


def _parsed(line: bytes, columns: Mapping[str, str]) -> dict[str, Any] | None:
    """A line's record; None if it is torn, or says what the table cannot hold."""
    try:
        record = json.loads(line)
        # Half a surrogate pair is JSON, and no text.
        json.dumps(record, ensure_ascii=False).encode()
    except ValueError:
        return None
    known = isinstance(record, dict) and isinstance(record.get("id"), str)
    if not known or not record.keys() <= columns.keys():
        return None
    return None if any("\0" in one for one in record.values() if isinstance(one, str)) else record


def _table(records: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pa.Table:
    """Records as text, to be cast by the lake, and the number of each."""
    import pyarrow as pa

    text = {
        name: pa.array([_text(one.get(name)) for one in records], pa.string()) for name in columns
    }
    return pa.table({**text, "_number": pa.array(range(len(records)), pa.int64())})


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _prepare(connection: duckdb.DuckDBPyConnection, topic: str, columns: Mapping[str, str]) -> None:
    """Make the table at its first records, and the columns that it had not then."""
    schema, _, name = topic.partition(".")
    rows = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'lake' "
        "AND schema_name = ? AND table_name = ?",
        [schema, name],
    ).fetchall()
    have = {column for (column,) in rows}
    if not have:
        listed = ", ".join(f"{ident(column)} {kind}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE lake.{topic} ({listed})")
        return
    for column in columns.keys() - have:
        connection.execute(f"ALTER TABLE lake.{topic} ADD COLUMN {ident(column)} {columns[column]}")
