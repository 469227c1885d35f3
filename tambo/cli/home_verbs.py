"""Verbs of a whole home: the road in one call, and what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tambo.cli import console
from tambo.cli.given import given_settings


def run(
    raw: Annotated[Path | None, typer.Option(help="your own CSVs instead of the sample")] = None,
    mapping: Annotated[Path | None, typer.Option(help="their foreign names and formats")] = None,
) -> None:
    """Go the whole road: raw files to one answer of the served model."""
    from tambo.cli import journey

    settings = given_settings(raw, mapping)
    journey.run(settings, settings.raw)


def doctor() -> None:
    """Name what is missing: programs, ports, disk, and who holds the lake's lock."""
    from tambo.doctor import examine

    checks = examine(given_settings())
    rows = [(check.state, check.name, check.finding, check.remedy) for check in checks]
    console.show_table("doctor", ("state", "what", "finding", "do"), rows)
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(1)


def status() -> None:
    """Show releases, row counts, quarantine, model versions and freshness on one screen."""
    from tambo.cli.status import show

    show(given_settings())


def world(
    domain: Annotated[str | None, typer.Argument(help="default: every domain")] = None,
    travellers: Annotated[int | None, typer.Option(min=1, help="of travel")] = None,
    locations: Annotated[int | None, typer.Option(min=3, max=300, help="of tourism")] = None,
    aircraft: Annotated[int | None, typer.Option(min=2, max=400, help="of the fleet")] = None,
    years: Annotated[int | None, typer.Option(min=1)] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    out: Annotated[Path | None, typer.Option(help="of one domain; default: in the home")] = None,
) -> None:
    """Write the sample world: deterministic raw CSVs, with their true parameters beside."""
    from tambo.cli import stages
    from tambo.cli.source import claim, sample_source

    settings = given_settings()
    chosen = {
        "world_travellers": travellers,
        "world_locations": locations,
        "world_aircraft": aircraft,
        "world_years": years,
        "seed": seed,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    settings = settings.model_copy(update=given)
    if out is None:
        claim(settings, sample_source(settings))
    stages.alone(stages.world_stage(settings, domain, out))


def export(
    table: Annotated[str, typer.Argument(help="schema.table, e.g. marts.fare_prices")],
    out: Annotated[Path, typer.Option(help="a .csv or .parquet file")],
    number: Annotated[int | None, typer.Option("--release", help="default: the head")] = None,
) -> None:
    """Write one table of the lake to a file."""
    from tambo.lake import releases
    from tambo.lake.export import export_table

    settings = given_settings()
    snapshot = None if number is None else releases.get(settings, number).snapshot_id
    rows = export_table(settings, table, out, snapshot=snapshot)
    console.out.print(f"{rows:,} rows of {table} written to {out}")


def docs() -> None:
    """Build the dbt docs as one static page, and say where the data docs are."""
    from expectations.docs import index
    from tambo.catalogue.dbt_docs import build_docs

    settings = given_settings()
    page = build_docs(settings, settings.home / "docs").absolute()
    checked = index(settings) or "none yet: tambo validate writes them"
    console.out.print(f"dbt docs   {page}\ndata docs  {checked}", markup=False)
