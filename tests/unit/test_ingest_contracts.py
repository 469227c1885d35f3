"""Contracts and mappings say what they must, or are refused with the place that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tambo.domains import domains
from tambo.errors import ContractError
from tambo.ingest.checks import compile_table
from tambo.ingest.mapping import Entry, read_mapping
from tambo.ingest.reasons import REASONS
from tambo.sources.contracts import load, read

TRAVEL = load("travel")
EVERY_TABLE = [table for domain in domains() for table in load(domain).tables.values()]


def test_travel_is_a_domain() -> None:
    assert "travel" in domains()


def test_parents_come_before_their_children() -> None:
    names = [table.name for table in TRAVEL.ordered()]
    assert names.index("users") < min(names.index("flights"), names.index("hotels"))
    assert {table.name for table in TRAVEL.children("users")} == {"flights", "hotels"}


def test_columns_say_what_is_personal() -> None:
    assert TRAVEL.tables["users"].personal_data == ["name", "gender", "age"]


def test_every_column_and_table_is_described() -> None:
    for table in EVERY_TABLE:
        assert table.description
        assert all(column.description for column in table.columns.values())


def test_the_rules_of_a_table_are_the_same_however_a_file_is_read() -> None:
    for table in EVERY_TABLE:
        plain = [(rule.reason, rule.column) for rule in compile_table(table, {}).rules]
        natives = dict.fromkeys(table.columns, "x")
        given = compile_table(table, dict.fromkeys(table.columns, "x"), natives)
        assert [(rule.reason, rule.column) for rule in given.rules] == plain
        own = {check.reason for check in table.checks}
        assert {reason for reason, _ in plain} <= own | set(REASONS)


def contract(path: Path, **changes: object) -> Path:
    table = {
        "description": "One row a thing.",
        "origin": "Here.",
        "granularity": "thing",
        "limits": ["None known."],
        "files": ["things*.csv"],
        "key": ["id"],
        "columns": {"id": {"type": "BIGINT"}, "at": {"type": "DATE", "optional": True}},
    } | changes
    path.write_text(
        yaml.safe_dump(
            {"domain": "d", "owner": "us", "zone": "UTC", "tables": {"things": table}},
            sort_keys=False,
        )
    )
    return path


def test_a_small_contract_is_read(tmp_path: Path) -> None:
    table = read(contract(tmp_path / "c.yml")).tables["things"]
    assert table.required == ["id"]
    assert table.file_columns == ["id", "at", "withdrawn"]
    assert table.columns["at"].may_be_null
    assert table.columns["at"].time_formats == ["%Y-%m-%d"]
    assert (table.columns["at"].min, table.columns["at"].max) == ("1900-01-01", "2199-12-31")


WRONG = {
    "key that is no column": ({"key": ["nr"]}, "nr"),
    "key that may be null": ({"key": ["at"]}, "cannot be null"),
    "default of a number": ({"columns": {"id": {"type": "BIGINT", "default": "1"}}}, "default"),
    "ahead of no day": ({"about": "id"}, "ahead"),
    "event time that is no time": ({"event_time": ["id"]}, "is no time"),
    "ahead of no event time": ({"may_lie_ahead": ["at"]}, "names no event_time"),
    "unknown parent": ({"references": [{"columns": ["id"], "table": "others"}]}, "others"),
    "unknown word": ({"keys": ["id"]}, "keys"),
    "unknown type": ({"columns": {"id": {"type": "INT"}}}, "type"),
    "formats of a number": ({"columns": {"id": {"type": "BIGINT", "formats": ["x"]}}}, "formats"),
    "a time out of all bounds": (
        {"columns": {"id": {"type": "BIGINT"}, "at": {"type": "DATE", "min": "0001-01-01"}}},
        "between 1900",
    ),
    "our own names": ({"columns": {"id": {"type": "BIGINT"}, "_x": {"type": "DATE"}}}, "_x"),
    "a column like the tombstone": (
        {"columns": {"id": {"type": "BIGINT"}, "withdrawn": {"type": "BOOLEAN"}}},
        "withdrawn",
    ),
    "nothing for the steward": (
        {"origin": "", "limits": []},
        "table things has no origin, limits; write them beside its description",
    ),
    "in a circle": (
        {"references": [{"columns": ["id"], "table": "things"}]},
        "circle",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_contract_is_refused(tmp_path: Path, name: str) -> None:
    changes, word = WRONG[name]
    with pytest.raises(ContractError, match=word):
        read(contract(tmp_path / "c.yml", **changes))


def test_a_missing_contract(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"c\.yml is wrong"):
        read(tmp_path / "c.yml")


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ({"encoding": "utf-16"}, "one-byte"),
        ({"encoding": "klingon"}, "one-byte"),
        ({"encoding": "shift_jis"}, "one-byte"),
        ({"delimiter": '"'}, "delimiter"),
        ({"delimiter": "||"}, "delimiter"),
        ({"joins": [{"file": "a.csv", "as": "a b", "match": "true"}]}, "as"),
        ({"files": []}, "files"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, entry: dict[str, object], word: str) -> None:
    path = tmp_path / "m.yml"
    path.write_text(yaml.safe_dump({"tables": [{"table": "users", "files": ["u.csv"]} | entry]}))
    with pytest.raises(ContractError, match=word):
        read_mapping(path)


@pytest.mark.parametrize("name", ["latin-1", "cp1252", "UTF-8", "iso8859_15", "ascii"])
def test_encodings_that_extend_ascii_are_taken(name: str) -> None:
    entry = Entry(table="users", files=["*"], encoding=name)
    assert entry.is_utf8 == (name == "UTF-8")
