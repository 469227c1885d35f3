"""Reads a table of any database that SQLAlchemy reaches, as a stream of Arrow tables.

Rows are never all in memory: the database keeps the result and hands it out in parts. PostgreSQL
with the psycopg driver hands it out by COPY, four times as fast as row by row.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr

from tambo.errors import SettingsError, SourceBusyError, SourceError
from tambo.sources.patience import without

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import URL, Connection, Engine, Select

TimeKind = Literal["zoned", "naive", "text"]
"""How a column tells time: with a zone, without one, or as text (SQLite)."""

CONNECT_SECONDS = 15
PART_ROWS = 5_000
"""Rows that are held as Python objects."""

FINAL = (
    "authentication failed",
    "access denied",
    "no pg_hba.conf entry",
    "does not exist",
    "no such ",
    "unable to open database file",
    "permission denied",
    "syntax error",
    "not a database",
)
"""What a database says when another attempt would end alike."""


@dataclass(frozen=True)
class Column:
    """A column of the source.

    Attributes:
        name: in the source.
        type: SQLAlchemy's.
    """

    name: str
    type: Any

    @property
    def time_kind(self) -> TimeKind:
        """How it tells time.

        Raises:
            SourceError: it does not.
        """
        import sqlalchemy as sa

        if isinstance(self.type, sa.DateTime):
            return "zoned" if self.type.timezone else "naive"
        if isinstance(self.type, sa.Date):
            return "naive"
        if isinstance(self.type, sa.String):
            return "text"
        raise SourceError(
            f"The column {self.name} is of type {self.type}, which is no time.",
            remedy="name another column, or make a view that gives a timestamp",
        )


class Database:
    """One database, reached by its URL.

    Args:
        url: SQLAlchemy's.
        setting: the setting that holds it, for messages.

    Raises:
        SettingsError: the URL is none, or its driver is not installed.
    """

    def __init__(self, url: SecretStr, setting: str) -> None:
        import sqlalchemy as sa

        try:
            self.url: URL = sa.make_url(url.get_secret_value())
            self.engine: Engine = sa.create_engine(
                self.url, poolclass=sa.NullPool, connect_args=_connect_args(self.url)
            )
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
            said = without(str(error), url.get_secret_value())
            raise SettingsError(
                f"{setting} is no database that can be reached: {said}",
                remedy="for example postgresql+psycopg://user:password@host/database; other "
                "databases need their driver installed",
            ) from None

    @property
    def name(self) -> str:
        """What the database is called, without user, password and host."""
        return str(self.url.database or "").rpartition("/")[2]

    @property
    def copies(self) -> bool:
        """Whether rows come by COPY."""
        dialect = self.engine.dialect
        return dialect.name == "postgresql" and dialect.driver == "psycopg"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Connect, times with a zone told in UTC; database errors become errors of ours.

        Raises:
            SourceBusyError: the database is away, or the connection was lost.
            SourceError: the database refuses.
        """
        import sqlalchemy as sa

        driver_errors = self.engine.dialect.loaded_dbapi.Error
        try:
            with self.engine.connect() as connection:
                if self.engine.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET TIME ZONE 'UTC'")
                yield connection
        except (sa.exc.SQLAlchemyError, driver_errors, OSError) as error:
            raise self._told(error) from None

    def columns(self, table: str) -> dict[str, Column]:
        """Columns of a table or view by name.

        Args:
            table: its name, or schema.name.

        Raises:
            SourceError: there is no such table.
        """
        import sqlalchemy as sa

        schema, _, name = table.rpartition(".")
        with self.connection() as connection:
            inspector = sa.inspect(connection)
            try:
                found = inspector.get_columns(name, schema=schema or None)
            except sa.exc.NoSuchTableError:
                there = [*inspector.get_table_names(schema or None)]
                there += inspector.get_view_names(schema or None)
                raise SourceError(
                    f"The database {self.name} has no table {table}.",
                    remedy=f"it has: {', '.join(sorted(there)[:20]) or 'none'}",
                ) from None
        # SQLite keeps times as text: it is compared as it stands there, in whatever form.
        texts = self.engine.dialect.name == "sqlite"
        return {
            one["name"]: Column(
                one["name"],
                sa.String()
                if texts and isinstance(one["type"], sa.DateTime | sa.Date)
                else one["type"],
            )
            for one in found
        }

    def stream(
        self, connection: Connection, query: Select[Any], kinds: dict[str, Any], rows: int
    ) -> Generator[pa.Table, None, None]:
        """Run a query, and hand its rows out in tables of about so many rows.

        Args:
            connection: from `connection`.
            query: its columns are labelled with the names of `kinds`.
            kinds: Arrow type of each column; times with a zone have UTC's.
            rows: of a table; the last of them may bring up to 5,000 more.
        """
        if self.copies:
            return self._copy(connection, query, kinds, rows)
        return _partitions(connection, query, kinds, rows)

    def _copy(
        self, connection: Connection, query: Select[Any], kinds: dict[str, Any], rows: int
    ) -> Generator[pa.Table, None, None]:
        compiled = query.compile(self.engine, compile_kwargs={"literal_binds": True})
        # The dialect doubles percent signs for parameters, of which there are none.
        text = str(compiled).replace("%%", "%")
        driver: Any = connection.connection.driver_connection
        statement = f"COPY ({text}) TO STDOUT (FORMAT csv)"
        with closing(driver.cursor()) as cursor, cursor.copy(statement) as lines:
            part, held = BytesIO(), 0
            # One message a row. They are not kept one by one: the garbage collector would look at
            # each of them again and again, at twice the cost of all the rest.
            for line in lines:
                part.write(line)
                held += 1
                if held == rows:
                    yield _parsed(part, kinds)
                    part, held = BytesIO(), 0
            if held:
                yield _parsed(part, kinds)

    def _told(self, error: Exception) -> SourceError:
        """An error of the driver as one of ours, without secrets."""
        password = self.url.password
        cause = getattr(error, "orig", None) or error
        said = without(
            " ".join(str(cause).split()), password if password is None else str(password)
        )
        final = any(words in said.lower() for words in FINAL)
        driver = self.engine.dialect.loaded_dbapi
        lost = isinstance(cause, OSError | driver.OperationalError | driver.InterfaceError)
        if lost and not final:
            return SourceBusyError(
                f"The database {self.name} is away: {said}.",
                remedy="what was read is safe; the next fetch goes on there",
            )
        return SourceError(
            f"The database {self.name} refuses: {said}.",
            remedy="correct the URL, the names or the rights; docs/doors.md",
        )


def _connect_args(url: URL) -> dict[str, Any]:
    """A server that is gone without a word is noticed."""
    if url.get_backend_name() != "postgresql" or url.get_driver_name() != "psycopg":
        return {}
    given: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    return {name: value for name, value in given.items() if name not in url.query}


def _partitions(
    connection: Connection, query: Select[Any], kinds: dict[str, Any], rows: int
) -> Generator[pa.Table, None, None]:
    import pyarrow as pa

    streamed = connection.execution_options(
        stream_results=True, max_row_buffer=min(rows, PART_ROWS)
    )
    with closing(streamed.execute(query)) as result:
        held: list[pa.Table] = []
        for part in result.partitions(min(rows, PART_ROWS)):
            columns = zip(zip(*part, strict=True), kinds.values(), strict=True)
            held.append(pa.table([_array(*column) for column in columns], names=list(kinds)))
            if sum(table.num_rows for table in held) >= rows:
                yield pa.concat_tables(held)
                held = []
        if held:
            yield pa.concat_tables(held)


def _array(values: tuple[Any, ...], kind: Any) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_string(kind):
        values = tuple(value if value is None else str(value) for value in values)
    return pa.array(values).cast(kind) if kind != pa.string() else pa.array(values, kind)


def _parsed(lines: BytesIO, kinds: dict[str, Any]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    lines.seek(0)
    # COPY writes null as nothing, and empty text in quotes.
    try:
        return csv.read_csv(
            lines,
            read_options=csv.ReadOptions(column_names=list(kinds), use_threads=False),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=kinds,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"The database gives a value that is not as its column: {error}.",
            remedy="make a view without such values, and name it as the table",
        ) from None
