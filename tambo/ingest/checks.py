"""Compiles a table's contract to SQL: one TRY_CAST a column, and one numbered rule a fault.

A record's fault is the number of the first rule that it breaks, in the order of the contract's
columns; the rules of one table are the same for all its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Column, Table

SET_APART = -1
"""Fault of a placeholder record, whose bytes the splitter set apart."""

PLACEHOLDER = b"\x01"
"""First field of a placeholder; a real record cannot hold it (`control_character`)."""

ROUNDING = 1e-6
"""A decimal may differ from its text by this much: float noise of the source, not a value."""

KINDS: dict[str, str] = {
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
    "DECIMAL(18,4)": "a number",
    "DATE": "a date",
    "TIMESTAMP": "a time",
    "VARCHAR": "a text",
}

TRUE = ("true", "t", "1", "yes", "y")
FALSE = ("false", "f", "0", "no", "n")


@dataclass(frozen=True)
class Rule:
    """One fault: SQL that is true where a record has it, and what would be right."""

    reason: str
    column: str | None
    broken: str
    remedy: str = ""


@dataclass(frozen=True)
class Compiled:
    """A contract as SQL for one file.

    Attributes:
        typed: SQL of each typed value by column, the tombstone last; over the file's text.
        rules: what may be wrong, in order; fault n is rules[n - 1].
        texts: SQL of each column's text by column.
        carried: columns of the source that `typed` needs besides the texts.
    """

    typed: dict[str, str]
    rules: list[Rule]
    texts: dict[str, str]
    carried: tuple[str, ...] = ()


def text_name(column: str) -> str:
    """Name of the column that holds a value's text while it is checked."""
    return ident(f"_text_{column}")


def compile_table(
    table: Table,
    texts: Mapping[str, str],
    natives: Mapping[str, str] | None = None,
    formats: Mapping[str, list[str]] | None = None,
    carried: tuple[str, ...] = (),
) -> Compiled:
    """Compile a table's contract for one file.

    Args:
        table: the contract.
        texts: SQL that gives a column's text, for the columns that the file has.
        natives: SQL of columns that a mapping gives with a type of their own. Rules have the
            same numbers with and without.
        formats: strptime formats by column where the file's differ from the contract's.
        carried: columns of the source that `natives` need.
    """
    natives, formats = natives or {}, formats or {}
    all_texts = {name: texts.get(name, "NULL::VARCHAR") for name in table.file_columns}
    for name in table.columns:
        if (default := _default(table, name)) is not None:
            all_texts[name] = f"coalesce({all_texts[name]}, {literal(default)})"
    typed: dict[str, str] = {}
    rules: list[Rule] = [Rule("empty_record", None, _all_empty(table))]
    for name, contract in table.columns.items():
        column = contract.model_copy(update={"formats": formats.get(name, contract.formats)})
        typed[name] = (
            _cast(column, natives[name]) if name in natives else _typed(column, text_name(name))
        )
        rules += _rules(table, column, natives.get(name))
    typed[table.tombstone] = _boolean(text_name(table.tombstone))
    rules.append(_not_boolean(table.tombstone))
    rules += [Rule(check.reason, None, f"NOT ({check.sql})") for check in table.checks]
    return Compiled(typed, rules, all_texts, carried)


def fault(rules: list[Rule]) -> str:
    """SQL of the number of the first broken rule, or null."""
    branches = " ".join(f"WHEN {rule.broken} THEN {n}" for n, rule in enumerate(rules, start=1))
    return f"CASE {branches} END"


def fault_value(rules: list[Rule]) -> str:
    """SQL of the text that broke the rule `_fault`, shortened."""
    branches = " ".join(
        f"WHEN {n} THEN {text_name(rule.column)}"
        for n, rule in enumerate(rules, start=1)
        if rule.column is not None
    )
    return f"CASE WHEN _fault > 0 THEN left(CASE _fault {branches} END, 200) END"


def _all_empty(table: Table) -> str:
    told = [n for n in table.file_columns if n == table.tombstone or _default(table, n) is None]
    return f"coalesce({', '.join(text_name(name) for name in told)}) IS NULL"


def _default(table: Table, name: str) -> str | None:
    column = table.columns.get(name)
    return column.default if column else None


def _cast(column: Column, native: str) -> str:
    """SQL of a value that a mapping gives with a type of its own."""
    cast = f"TRY_CAST({native} AS {column.type})"
    return cast if column.default is None else f"coalesce({cast}, {literal(column.default)})"


def _typed(column: Column, text: str) -> str:
    if column.type == "VARCHAR":
        return text
    if column.type == "BOOLEAN":
        return _boolean(text)
    if column.type in {"DATE", "TIMESTAMP"}:
        formats = ", ".join(literal(f) for f in column.time_formats)
        parsed = f"try_strptime({text}, [{formats}])"
        return f"{parsed}::DATE" if column.type == "DATE" else parsed
    return f"TRY_CAST({text} AS {column.type})"


def _boolean(text: str) -> str:
    low = f"lower({text})"
    return f"CASE WHEN {_among(low, TRUE)} THEN true WHEN {_among(low, FALSE)} THEN false END"


def _among(value: str, words: Iterable[str]) -> str:
    """SQL of whether a value is one of some; no IN, which may be planned as a join.

    A join behind the CSV reader makes DuckDB insert out of order, and then the n-th row is no
    longer the n-th record.
    """
    return f"list_contains([{', '.join(literal(word) for word in words)}], {value})"


def _not_boolean(column: str) -> Rule:
    name, text = ident(column), text_name(column)
    return Rule("not_a_boolean", column, f"{name} IS NULL AND {text} IS NOT NULL")


def _rules(table: Table, column: Column, native: str | None) -> list[Rule]:
    """What may be wrong with one column, in order."""
    text, value = text_name(column.name), ident(column.name)
    found: list[tuple[str, str]] = []
    if not column.may_be_null:
        missing = f"{text} IS NULL"
        if column.name not in table.key:  # a tombstone needs no more than its key
            missing += f" AND NOT coalesce({ident(table.tombstone)}, false)"
        found.append(("missing_value", missing))
    unreadable = _unreadable(column, text, value)
    if native is not None:
        # The mapping read the text already; the same rules, so that faults keep their numbers.
        other = {
            "not_an_integer": f"{value} <> {native}",
            "not_finite": f"NOT isfinite({value})" if column.type == "DOUBLE" else "false",
            "not_a_number": "false",
            "too_precise": "false",
        }
        failed = f"{value} IS NULL AND {text} IS NOT NULL"
        unreadable = [(reason, other.get(reason, failed)) for reason, _ in unreadable]
    found += unreadable
    found += _outside(column, value)
    return [Rule(reason, column.name, broken, _remedy(reason, column)) for reason, broken in found]


def _remedy(reason: str, column: Column) -> str:
    """What the contract asks for, where that can be said in a few words."""
    if reason == "not_allowed" and column.allowed:
        return f"Give one of {', '.join(column.allowed)}; translate others in tambo_mapping.yml."
    if reason == "bad_date":
        formats = " or ".join(_readable(form) for form in column.time_formats)
        return f"Write it as {formats}, or give the file's format in tambo_mapping.yml."
    if reason == "out_of_range":
        bounds = (("above", column.above), ("at least", column.min), ("at most", column.max))
        said = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
        return f"Give {KINDS[column.type]} {said}".rstrip() + "."
    return ""


def _readable(form: str) -> str:
    """A strptime format as people write it: %m/%d/%Y → MM/DD/YYYY."""
    letters = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "HH", "%M": "MM", "%S": "SS", "%y": "YY"}
    return re.sub("%.", lambda found: letters.get(found[0], found[0]), form)


def _unreadable(column: Column, text: str, value: str) -> list[tuple[str, str]]:
    failed = f"{value} IS NULL AND {text} IS NOT NULL"
    number = f"TRY_CAST({text} AS DOUBLE)"
    # DuckDB reads 1_000 as 1000, as programs write it and files do not.
    odd = f"contains({text}, '_')"
    if column.type in {"DATE", "TIMESTAMP"}:
        # DuckDB reads "infinity" and "epoch" as 1900-01-01, whatever the format.
        word = f"year({value}) = 1900 AND NOT regexp_matches({text}, '[0-9]')"
        return [("bad_date", f"({failed}) OR ({word})")]
    if column.type == "BOOLEAN":
        return [("not_a_boolean", failed)]
    if column.type == "DOUBLE":
        return [
            ("not_a_number", f"{failed} OR {odd}"),
            ("not_finite", f"NOT isfinite({value})"),
        ]
    if column.type == "BIGINT":
        whole = f"regexp_full_match({text}, '\\s*[+-]?[0-9]+(\\.0*)?\\s*')"
        return [
            ("not_a_number", f"{failed} AND {number} IS NULL"),
            ("not_finite", f"{failed} AND NOT isfinite({number})"),
            ("out_of_range", failed),
            # The cast rounds 1.5; most values are written as DuckDB writes them, which is cheap.
            ("not_an_integer", f"{value}::VARCHAR <> {text} AND NOT {whole}"),
        ]
    if column.type == "DECIMAL(18,4)":
        return [
            ("not_a_number", f"({failed} AND {number} IS NULL) OR {odd}"),
            ("not_finite", f"{failed} AND NOT isfinite({number})"),
            ("out_of_range", failed),
            ("too_precise", f"abs({value}::DOUBLE - {number}) > {ROUNDING}"),
        ]
    return []


def _outside(column: Column, value: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    bounds = (("min", "<", column.min), ("max", ">", column.max), ("above", "<=", column.above))
    for _, sign, bound in bounds:
        if bound is not None:
            limit = literal(bound) if isinstance(bound, str) else repr(bound)
            found.append(("out_of_range", f"{value} {sign} {limit}::{column.type}"))
    if column.allowed is not None:
        found.append(("not_allowed", f"NOT {_among(value, column.allowed)}"))
    if column.pattern is not None:
        found.append(("bad_pattern", f"NOT regexp_full_match({value}, {literal(column.pattern)})"))
    if column.max_length is not None:
        found.append(("too_long", f"length({value}) > {column.max_length}"))
    return found
