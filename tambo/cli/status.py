"""One screen: releases, row counts, quarantine, model versions, freshness."""

from __future__ import annotations

import json
from datetime import datetime

import duckdb

from tambo import lake
from tambo.cli import console
from tambo.cli.intake import quarantine_counts
from tambo.domains import domains
from tambo.lake import releases
from tambo.lake.sql import ident
from tambo.lake.state import now
from tambo.settings import Settings

SHOWN_RELEASES = 5


def show(settings: Settings) -> None:
    """Print the state of a home.

    Raises:
        LakeError: there is no lake yet.
    """
    history = releases.history(settings)
    with lake.reader(settings) as connection:
        _show_releases(history)
        _show_tables(connection, history)
    _show_quarantine(settings)
    _show_models(settings)


def _show_releases(history: list[releases.Release]) -> None:
    rows = [
        (row.number, row.status, row.created_at, row.as_of, row.snapshot_id, row.git_revision[:10])
        for row in sorted(history, key=lambda row: row.number, reverse=True)[:SHOWN_RELEASES]
    ]
    columns = ("release", "status", "made at (UTC)", "as of", "snapshot", "git")
    console.show_table(f"releases ({len(history)})", columns, rows)


def _show_tables(connection: duckdb.DuckDBPyConnection, history: list[releases.Release]) -> None:
    from tambo.sources import contracts

    rows: list[tuple[object, ...]] = []
    for domain in domains():
        rows += [
            (f"raw.{table}", *_fresh(connection, table))
            for table in contracts.load(domain).tables
            if _exists(connection, "raw", table)
        ]
    released = [row for row in history if row.status == releases.RELEASED]
    counts = max(released, key=lambda row: row.number).row_counts if released else {}
    rows += [(name, count, None) for name, count in sorted(counts.items()) if "raw." not in name]
    console.show_table("tables", ("table", "rows", "newest fact known"), rows)


def _exists(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_catalog = 'lake' AND table_schema = ? AND table_name = ?",
        [schema, table],
    ).fetchone()
    return bool(found and found[0])


def _fresh(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    found = connection.execute(
        f"SELECT count(*), max(_known_at) FROM lake.raw.{ident(table)}"
    ).fetchone()
    count, newest = found or (0, None)
    if not isinstance(newest, datetime):
        return int(count), ""
    return int(count), f"{newest:%Y-%m-%d %H:%M} ({(now() - newest).days:,} days ago)"


def _show_quarantine(settings: Settings) -> None:
    columns = ("table", "reason", "lines", "files", "last (UTC)")
    console.show_table("quarantine", columns, quarantine_counts(settings))


def _show_models(settings: Settings) -> None:
    from training.registry import model_versions

    rows = [
        (row.name, row.version, ", ".join(row.aliases), row.estimator, row.release,
         json.dumps(row.metrics))
        for row in model_versions(settings)
    ]  # fmt: skip
    columns = ("model", "version", "alias", "estimator", "release", "test metrics")
    console.show_table("models", columns, rows)
