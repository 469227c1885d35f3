"""Broken lines of many kinds, put into good files on purpose and written down."""

from __future__ import annotations

from tambo.sources.sample.dirt import DUPLICATE, Fields, Kinds, extra_field, missing_field
from tambo.sources.travel.world.lines import COLUMNS

NO_SUCH_USER = 900_000_000
BAD_NUMBERS = (b"n/a", b"12.3.4", b"1O9.9", b"R$ 120")
BAD_DATES = (b"31/12/2023", b"02/30/2024", b"2024-02-03", b"00/00/0000")


def _set(table: str, fields: Fields, values: dict[str, bytes]) -> Fields:
    changed = list(fields)
    for column, value in values.items():
        changed[COLUMNS[table].index(column)] = value
    return changed


def _get(table: str, fields: Fields, column: str) -> bytes:
    return fields[COLUMNS[table].index(column)]


def _number(table: str) -> str:
    return "age" if table == "users" else "price"


def _bad_number(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    column = _number(table)
    return _set(table, fields, {column: BAD_NUMBERS[pick % len(BAD_NUMBERS)]}), column


def _bad_date(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, {"date": BAD_DATES[pick % len(BAD_DATES)]}), "date"


def _open_quote(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    column = {"users": "name", "flights": "from", "hotels": "name"}[table]
    return _set(table, fields, {column: b'"' + _get(table, fields, column)}), column


def _bad_category(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    column = "gender" if table == "users" else "flightType"
    return _set(table, fields, {column: b"other?"}), column


def _no_key(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    column = COLUMNS[table][0]
    return _set(table, fields, {column: b""}), column


def _negative(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    # The total of a hotel keeps its sign with the price: the only thing wrong is the sign.
    columns = {"users": ("age",), "flights": ("price",), "hotels": ("price", "total")}[table]
    values = {column: b"-" + _get(table, fields, column) for column in columns}
    return _set(table, fields, values), columns[0]


def _unknown_user(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    return _set(table, fields, {"userCode": b"%d" % (NO_SUCH_USER + pick)}), "userCode"


def _wrong_total(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    total = float(_get(table, fields, "total")) + 100 + pick
    return _set(table, fields, {"total": b"%.2f" % total}), "total"


def _other_content(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    if table == "users":
        age = int(_get(table, fields, "age"))
        return _set(table, fields, {"age": b"%d" % (age + 1)}), "age"
    if table == "hotels":
        days = int(_get(table, fields, "days"))
        total = float(_get(table, fields, "price")) * (days + 1)
        return _set(table, fields, {"days": b"%d" % (days + 1), "total": b"%.2f" % total}), "days"
    price = float(_get(table, fields, "price")) + 10
    return _set(table, fields, {"price": b"%.2f" % price}), "price"


KINDS: Kinds = {
    "bad_number": (_bad_number, ("users", "flights", "hotels")),
    "bad_date": (_bad_date, ("flights", "hotels")),
    "missing_field": (missing_field, ("users", "flights", "hotels")),
    "extra_field": (extra_field, ("users", "flights", "hotels")),
    "open_quote": (_open_quote, ("users", "flights", "hotels")),
    "bad_category": (_bad_category, ("users", "flights")),
    "missing_key": (_no_key, ("users", "flights", "hotels")),
    "negative_number": (_negative, ("users", "flights", "hotels")),
    "unknown_user": (_unknown_user, ("flights", "hotels")),
    "wrong_total": (_wrong_total, ("hotels",)),
    DUPLICATE: (_other_content, ("users", "flights", "hotels")),
}
