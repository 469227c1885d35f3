"""One screen: releases, row counts, quarantine, model versions, freshness."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import duckdb

from tambo import lake
from tambo.cli import console
from tambo.cli.intake import quarantine_counts
from tambo.domains import domains
from tambo.featurestore.columns import table_name
from tambo.featurestore.online_status import online_status
from tambo.lake import releases
from tambo.lake.ready import owners
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists
from tambo.lake.unfed import empty_columns
from tambo.lake.waiting import summary
from tambo.registry import model_versions
from tambo.settings import Settings
from tambo.sources import contracts

# What was true "from the beginning of time" (DESIGN 2a, rule 5) has no age.
BEGINNING = datetime(1970, 1, 1)
SHOWN_RELEASES = 3
SHOWN_REASONS = 5
SHOWN_MODELS = 8


def show(settings: Settings) -> None:
    """Print the state of a home.

    Raises:
        LakeError: there is no lake yet.
    """
    history = sorted(releases.history(settings), key=lambda row: row.number, reverse=True)
    released = next((row for row in history if row.status == releases.RELEASED), None)
    _show_releases(history)
    with lake.reader(settings) as connection:
        _show_gate(connection)
        _show_tables(settings, connection, released)
        _show_unfed(connection, released)
    _show_online(settings, released)
    _show_spool(settings)
    _show_quarantine(settings)
    _show_models(settings)


def _show_releases(history: list[releases.Release]) -> None:
    rows = [
        (
            row.number,
            row.status,
            row.created_at,
            str(row.as_of),
            row.snapshot_id,
            row.git_revision[:10],
        )
        for row in history[:SHOWN_RELEASES]
    ]
    columns = ("release", "status", "made at (UTC)", "as of", "snapshot", "git")
    console.show_table(_title("releases", len(history), SHOWN_RELEASES), columns, rows)


def _show_gate(connection: duckdb.DuckDBPyConnection) -> None:
    """Print the newest verdict of the gate on one line; nothing where there is none."""
    newest = connection.execute(
        "SELECT validation_id, validated_at, build_id, success, verdicts "
        "FROM lake.audit.validations ORDER BY validation_id DESC LIMIT 1"
    ).fetchone()
    if newest is None:
        return
    number, at, build, success, verdicts = newest
    suites = json.loads(verdicts)
    grave = [failure["severity"] for suite in suites for failure in suite["failures"]]
    rows = sum(suite["rows"] for suite in suites)
    console.out.print(
        f"gate: build {build} {'passed' if success else 'failed'} (validation {number}, "
        f"{at:%Y-%m-%d %H:%M} UTC, {'all' if all(suite['whole'] for suite in suites) else 'new'} "
        f"rows: {rows:,}; {grave.count('critical')} critical failures, "
        f"{grave.count('warning')} warnings)"
    )


def _show_tables(
    settings: Settings, connection: duckdb.DuckDBPyConnection, released: releases.Release | None
) -> None:
    """Raw tables as they stand, marts as released; ages count to the domain's as_of."""
    whose = owners(settings)
    raw = [f"raw.{table}" for domain in domains() for table in contracts.load(domain).tables]
    counts = {} if released is None else released.row_counts
    marts = [table for table in sorted(counts) if table.startswith("marts.")]
    rows = [
        (table, *_fresh(connection, table, known, _as_of(released, whose.get(table))))
        for tables, known in ((raw, "_known_at"), (marts, "created_timestamp"))
        for table in tables
        if table_exists(connection, table)
    ]
    console.show_table("tables", ("table", "rows", "newest fact known", "age at as_of"), rows)


def _as_of(released: releases.Release | None, domain: str | None) -> datetime | None:
    """The instant ages count to; None where nothing of the domain is released."""
    if released is None or domain not in released.as_of.domains:
        return None
    return released.as_of.of(domain)


def _show_unfed(connection: duckdb.DuckDBPyConnection, released: releases.Release | None) -> None:
    """Print the optional columns that no file gave, the features that no row has, empty marts."""
    optional = {
        f"raw.{table.name}": [name for name, column in table.columns.items() if column.optional]
        for domain in domains()
        for table in contracts.load(domain).tables.values()
    }
    counts = {} if released is None else released.row_counts
    marts = sorted(one for one in counts if one.startswith("marts."))
    absent = [
        f"{table}.{column}"
        for table, columns in [*optional.items(), *((mart, None) for mart in marts)]
        for column in empty_columns(connection, table, columns)
    ]
    absent += [f"all of {mart}" for mart in marts if not counts[mart]]
    if absent:
        console.out.print(f"null in every row, for want of input: {', '.join(absent)}")


def _fresh(
    connection: duckdb.DuckDBPyConnection, table: str, known: str, as_of: datetime | None
) -> tuple[int, str, str]:
    found = connection.execute(
        f"SELECT count(*), max({ident(known)}) FROM {table_name(table)}"
    ).fetchone()
    count, newest = found or (0, None)
    if not isinstance(newest, datetime):
        return int(count), "", ""
    if newest <= BEGINNING:
        return int(count), "as stated at load", ""
    age = "" if as_of is None else f"{max(as_of - newest, timedelta(0)).days:,} days"
    return int(count), f"{newest:%Y-%m-%d %H:%M}", age


def _show_online(settings: Settings, released: releases.Release | None) -> None:
    found = online_status(settings, None if released is None else released.number)
    then = f": {found.remedy}" if found.remedy else ""
    console.out.print("\n[bold]online features[/bold]  ", end="")
    console.out.print(f"{found.text}{then}\n", markup=False)


def _show_spool(settings: Settings) -> None:
    """Print on one line what waits to be written into the lake; nothing where nothing does."""
    found = summary(settings)
    if found is not None:
        console.out.print("[bold]spool[/bold]  ", end="")
        console.out.print(f"{found.text}: {found.remedy}\n", markup=False)


def _show_quarantine(settings: Settings) -> None:
    counts = quarantine_counts(settings)
    columns = ("table", "reason", "lines", "files", "last (UTC)")
    title = _title("quarantine: reasons", len(counts), SHOWN_REASONS, "tambo quarantine")
    console.show_table(title, columns, counts[:SHOWN_REASONS])


def _show_models(settings: Settings) -> None:
    rows = [
        (row.name, row.version, ", ".join(row.aliases), row.estimator, row.release,
         json.dumps(row.metrics))
        for row in model_versions(settings)
    ]  # fmt: skip
    columns = ("model", "version", "alias", "estimator", "release", "test metrics")
    title = _title("models", len(rows), SHOWN_MODELS, "make mlflow")
    console.show_table(title, columns, rows[:SHOWN_MODELS])


def _title(name: str, count: int, shown: int, more: str = "") -> str:
    if count <= shown:
        return name
    return f"{name}: {shown} of {count}{f'; all of them: {more}' if more else ''}"
