"""Quoting of names and values that go into SQL text."""

from __future__ import annotations

from pathlib import Path


def ident(name: str) -> str:
    """Quote one identifier: from → "from"."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """Quote one string literal: it's → 'it''s'."""
    return "'" + str(value).replace("'", "''") + "'"
