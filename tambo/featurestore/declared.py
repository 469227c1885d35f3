"""What a view declares of its table must be so in the release that is read.

A mart may change between releases: a column goes, or becomes text. A training set of the wrong type
would be found out much later, if at all, so it is refused where the release is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tambo.errors import SchemaError
from tambo.featurestore.columns import Columns, is_number, is_time, require, table_name
from tambo.lake.sql import ident

if TYPE_CHECKING:
    from tambo.featurestore.pinned import Pinned

_NUMBERS = frozenset({"INT32", "INT64", "FLOAT", "DOUBLE"})
_TEXT = ("VARCHAR", "ENUM", "UUID", "JSON")


class Reads(Protocol):
    """What is read of a table: a view's join, or a pull."""

    def columns(self) -> list[str]:
        """Columns of the table that are read."""
        ...

    def times(self) -> list[str]:
        """Those of them that are event or created times."""
        ...

    def types(self) -> dict[str, str]:
        """Feast value type by column of a feature, where it is known."""
        ...


def require_declared(pinned: Pinned, table: str, columns: Columns, reads: Reads) -> None:
    """Check that a table has what is read of it, in the types that the view declares.

    Raises:
        SchemaError: a column is missing, is no time, or holds values of another type.
    """
    require(columns, reads.columns(), table, pinned.where)
    for name in reads.times():
        if not is_time(columns[name]):
            raise SchemaError(
                f"Column {name} of {table} is {columns[name]} in {pinned.where}, so it cannot be "
                "an event or created time.",
                remedy="cast it in the mart to TIMESTAMP, and release that",
            )
    for name, declared in reads.types().items():
        kind = columns[name]
        # A table that was made of a frame without any value in a column guesses its type.
        if not fits(declared, kind) and _has_values(pinned, table, name):
            raise SchemaError(
                f"Column {name} of {table} is {kind} in {pinned.where}; its view declares "
                f"{declared}.",
                remedy="the definitions and the release differ: release the new marts, or use the "
                "definitions of that release",
            )


def fits(declared: str, kind: str) -> bool:
    """Whether values of a DuckDB type can be those of a Feast value type, as Feast converts them.

    >>> fits("INT64", "INTEGER"), fits("INT64", "VARCHAR"), fits("STRING_LIST", "VARCHAR[]")
    (True, False, True)
    """
    if declared in _NUMBERS:
        return is_number(kind) or kind == "BOOLEAN"
    if declared == "BOOL":
        return is_number(kind) or kind == "BOOLEAN"
    if declared == "STRING":
        return kind.startswith(_TEXT) and not kind.endswith("]")
    if declared == "UNIX_TIMESTAMP":
        return is_number(kind) or is_time(kind)
    if declared.endswith(("_LIST", "_SET")):
        return kind.endswith("]")
    return True


def _has_values(pinned: Pinned, table: str, column: str) -> bool:
    found = pinned.connection.execute(
        f"SELECT 1 FROM {table_name(table)} WHERE {ident(column)} IS NOT NULL LIMIT 1"
    ).fetchone()
    return found is not None
