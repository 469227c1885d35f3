"""What dbt failed on, in words for the person who must fix it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from tambo.errors import BuildError, LakeError
from tambo.lake.connect import reader
from tambo.settings import Settings

_ROWS_SHOWN = 3


def build_error(settings: Settings, failed: Sequence[Any], skipped: int) -> BuildError:
    """The error for nodes that failed: which, why, how many rows, where their SQL is.

    Args:
        settings: the Tambo home.
        failed: dbt's results of the nodes that failed, in the order of the run.
        skipped: how many nodes were not run because of them.
    """
    parts = [_describe(settings, result) for result in failed]
    if skipped:
        parts.append(f"{skipped} models and tests that build on them were not run.")
    return BuildError("\n".join(parts), remedy=_remedy(failed))


def _describe(settings: Settings, result: Any) -> str:
    node = result.node
    lines = [f"{_kind(node)} {node.name} failed: {_reason(result)}"]
    compiled = _compiled(node)
    if compiled is not None:
        if result.failures and node.resource_type == "test":
            lines += [f"  {row}" for row in _first_rows(settings, compiled)]
        lines.append(f"  SQL: {compiled}")
    return "\n".join(lines)


def _kind(node: Any) -> str:
    return {"test": "Data test", "unit_test": "Unit test"}.get(node.resource_type, "Model")


def _reason(result: Any) -> str:
    if result.failures and result.node.resource_type == "test":
        return f"{result.failures} rows break it, for example"
    lines = [line.strip() for line in str(result.message or result.status).splitlines()]
    return "\n  ".join(line for line in lines if line)


def _compiled(node: Any) -> Path | None:
    path = getattr(node, "compiled_path", None)
    return Path(path).absolute() if path else None


def _first_rows(settings: Settings, compiled: Path) -> list[str]:
    """The first rows that break a test, a line each; none when they cannot be read again."""
    try:
        with reader(settings) as lake:
            found = lake.execute(f"FROM ({compiled.read_text()}) LIMIT {_ROWS_SHOWN}")
            names = [column[0] for column in found.description or []]
            rows = found.fetchall()
    except (LakeError, OSError, duckdb.Error):
        return []
    return [
        ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True)) for row in rows
    ]


def _remedy(failed: Sequence[Any]) -> str:
    if all(result.node.resource_type == "test" for result in failed):
        return "correct these rows in the raw files, ingest them, then: tambo build"
    return "correct the model, then: tambo build"
