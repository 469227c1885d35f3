"""The command line: `tambo <verb>`, one verb a stage, progress shown, nothing else.

This is where the packages are put together: it alone may import all of them, and only inside its
commands, so that `tambo --help` stays quick.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tambo.cli import console, interrupts
from tambo.cli.proofs import prove
from tambo.cli.quiet import quiet
from tambo.errors import TamboError

if TYPE_CHECKING:
    from tambo.settings import Settings

app = typer.Typer(
    help="Raw travel and tourism files to governed, served models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
features = typer.Typer(help="Feast: apply and materialize the release; get and explain features.")
quarantine = typer.Typer(help="Lines that were not loaded: list, export, take the fixed file back.")
app.add_typer(features, name="features")
app.add_typer(quarantine, name="quarantine")
app.add_typer(prove, name="prove")


def main() -> None:
    """Run the command line; a TamboError is printed without a traceback and ends with 1."""
    quiet()
    try:
        with interrupts.watched():
            app()
    except TamboError as error:
        _fail(type(error).__name__, error.message, error.remedy)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        # A path that was given on the command line or in the environment: no bug of ours.
        _fail(type(error).__name__, f"{error.filename}: {error.strerror}", "correct the path")


def _fail(kind: str, message: str, remedy: str | None) -> NoReturn:
    console.err.print("[red]error[/red] ", end="")
    console.err.print(f"{kind}: {message}", markup=False)
    if remedy:
        console.err.print(f"  → {remedy}", markup=False)
    sys.exit(1)


def _settings(raw: Path | None = None) -> Settings:
    from tambo.settings import get_settings, settings_of

    return get_settings() if raw is None else settings_of(raw=raw)


@app.command()
def run(
    raw: Annotated[Path | None, typer.Option(help="your own CSVs instead of the sample")] = None,
) -> None:
    """Go the whole road: raw files to one answer of the served model."""
    from tambo.cli import journey

    settings = _settings(raw)
    journey.run(settings, settings.raw)


@app.command()
def doctor() -> None:
    """Name what is missing: programs, ports, disk, and who holds the lake's lock."""
    from tambo.doctor import examine

    checks = examine(_settings())
    rows = [(check.state, check.name, check.finding, check.remedy) for check in checks]
    console.show_table("doctor", ("state", "what", "finding", "do"), rows)
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(1)


@app.command()
def status() -> None:
    """Show releases, row counts, quarantine, model versions and freshness on one screen."""
    from tambo.cli.status import show

    show(_settings())


@app.command()
def world(
    domain: Annotated[str | None, typer.Argument(help="default: every domain")] = None,
    travellers: Annotated[int | None, typer.Option(min=1, help="of travel")] = None,
    locations: Annotated[int | None, typer.Option(min=3, max=300, help="of tourism")] = None,
    years: Annotated[int | None, typer.Option(min=1)] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    out: Annotated[Path | None, typer.Option(help="of one domain; default: in the home")] = None,
) -> None:
    """Write the sample world: deterministic raw CSVs, with their true parameters beside."""
    from tambo.cli import stages
    from tambo.cli.source import claim, sample_source

    settings = _settings()
    chosen = {
        "world_travellers": travellers,
        "world_locations": locations,
        "world_years": years,
        "seed": seed,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    settings = settings.model_copy(update=given)
    if out is None:
        claim(settings, sample_source(settings))
    stages.alone(stages.world_stage(settings, domain, out))


@app.command()
def ingest(
    path: Annotated[Path | None, typer.Argument(help="a folder of CSVs, or one file")] = None,
    mapping: Annotated[Path | None, typer.Option(help="foreign names and formats")] = None,
    history: Annotated[
        bool | None,
        typer.Option("--history/--live", help="known at event time + lag, or from now on"),
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="show where every byte went")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="try the quarantine again")] = False,
    withdraw: Annotated[int | None, typer.Option(help="take this batch back out")] = None,
    restore: Annotated[
        bool, typer.Option("--restore", help="take withdrawn files in again")
    ] = False,
) -> None:
    """Take raw files into the lake; a line that breaks its contract goes to quarantine."""
    from tambo.cli import intake, stages

    taking = path is not None or restore or history is not None
    if sum((taking, replay, withdraw is not None)) > 1:
        raise typer.BadParameter("take files in, --replay, or --withdraw: one at a time")
    settings = _settings()
    if withdraw is not None:
        intake.withdraw_batch(settings, withdraw)
    elif replay:
        intake.replay_lines(settings, mapping)
    elif taking or not report:
        chosen = path or settings.raw
        for folder in stages.world_folders(settings).values() if chosen is None else [chosen]:
            intake.ingest_path(settings, folder, mapping=mapping, history=history, restore=restore)
    if report:
        intake.show_report(settings)


@app.command()
def fetch(
    domain: Annotated[str | None, typer.Argument(help="default: list every door")] = None,
    door: Annotated[str | None, typer.Argument(help="default: each that is configured")] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="read a door's source from its beginning")
    ] = False,
) -> None:
    """Read what has come at a door (a database, an API, ...) into the lake; or list the doors."""
    from tambo.cli import fetching

    settings = _settings()
    if afresh and door is None:
        raise typer.BadParameter("--afresh goes with one door: tambo fetch <domain> <door>")
    if domain is None:
        fetching.show_doors(settings)
    elif door is None:
        fetching.fetch_domain(settings, domain)
    else:
        fetching.fetch_one(settings, domain, door, afresh=afresh)


@app.command()
def build(
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="from nothing")] = False,
) -> None:
    """Run dbt: staging, intermediate, marts, and their tests."""
    from tambo.cli import stages

    stages.alone(stages.build_stage(_settings(), full_refresh=full_refresh))


@app.command()
def validate(
    whole: Annotated[
        bool, typer.Option("--whole", help="every row again, whatever passed before")
    ] = False,
) -> None:
    """Run the Great Expectations gate on raw and marts; a critical failure ends with 1."""
    from tambo.cli import stages

    stages.alone(stages.validate_stage(_settings(), whole=whole))


@app.command()
def release(
    retain: Annotated[
        bool, typer.Option("--retain", help="then retire what nothing names any more")
    ] = False,
) -> None:
    """Make the validated build the next release."""
    from tambo.cli import stages

    settings = _settings()
    stages.alone(stages.release_stage(settings))
    if retain:
        stages.alone(stages.retain_stage(settings))


@app.command()
def drain() -> None:
    """Move what waits in the spool, as feedback given during a build, into the lake."""
    from tambo.lake.drain import drain as move

    console.out.print(move(_settings()).line(), markup=False)


@features.callback(invoke_without_command=True)
def publish(
    context: typer.Context,
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Apply the Feast definitions and materialize a release into the online store."""
    from tambo.cli import stages

    if context.invoked_subcommand is None:
        stages.alone(stages.features_stage(_settings(), number))


@features.command("get")
def features_get(
    service: Annotated[str, typer.Option(help="feature service, e.g. flight_price_v1")],
    entities: Annotated[Path, typer.Option(help="entity rows, .csv or .parquet")],
    out: Annotated[Path, typer.Option(help="where the frame goes, .parquet or .csv")],
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Join features to entity rows, point-in-time and as known at each row's time."""
    from tambo.cli import inspection

    inspection.get(_settings(), service, entities, out, number)


@features.command("explain")
def features_explain(
    view: Annotated[str, typer.Argument(help="feature view")],
    key: Annotated[str, typer.Argument(help="join keys: name=value,name=value")],
    t: Annotated[str, typer.Argument(help="instant, ISO 8601")],
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Say which row answers for a key at an instant, and why a cell is null."""
    from tambo.cli import inspection

    inspection.explain(_settings(), view, key, t, number)


@features.command("serve")
def features_serve(
    port: Annotated[int | None, typer.Option(help="0 finds a free one")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM; with --tls-key: https")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM")] = None,
) -> None:
    """Serve online features to other teams over HTTP, on loopback until Ctrl-C."""
    from tambo.featurestore.server import Tls, serve_forever

    if (tls_cert is None) != (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together")
    settings = _settings()
    tls = None if tls_cert is None or tls_key is None else Tls(tls_cert, tls_key)
    serve_forever(settings, settings.features_port if port is None else port, tls)


@features.command("generate")
def features_generate(
    check: Annotated[bool, typer.Option("--check", help="only say whether they drift")] = False,
) -> None:
    """Write the Feast views from the dbt models' meta."""
    from tambo.cli import inspection

    inspection.generate(_settings(), check=check)


@app.command()
def train(
    model: Annotated[str | None, typer.Argument(help="default: every model")] = None,
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Train, gate and register a model at a release."""
    from tambo.cli import stages

    for stage in stages.train_stages(_settings(), model, number):
        stages.alone(stage)


@app.command()
def bundle(
    domain: Annotated[str | None, typer.Argument(help="default: every domain")] = None,
) -> None:
    """Put the champions of a domain into a Bento."""
    from tambo.cli import stages

    for stage in stages.bundle_stages(_settings(), domain):
        stages.alone(stage)


@app.command()
def serve(
    domain: Annotated[str | None, typer.Argument(help="default: the only one bundled")] = None,
    port: Annotated[int | None, typer.Option(help="0 finds a free one")] = None,
) -> None:
    """Serve a domain's Bento on loopback until Ctrl-C."""
    from bentos.bundle import served_domain
    from bentos.serve import serve_forever

    settings = _settings()
    chosen = served_domain(settings) if domain is None else domain
    serve_forever(settings, chosen, settings.serve_port if port is None else port)


@app.command()
def predict(
    payload: Annotated[str | None, typer.Argument(help="JSON, or @file; default: a sample")] = None,
    domain: Annotated[str | None, typer.Option(help="default: the only one bundled")] = None,
    url: Annotated[str | None, typer.Option(help="a running service; default: start one")] = None,
    model: Annotated[str | None, typer.Option(help="default: the service's first")] = None,
) -> None:
    """Ask a served model once, as a client would."""
    from tambo.cli import journey

    answer = journey.predict(_settings(), domain, payload, url, model)
    console.out.print_json(json.dumps(answer))


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="schema.table, e.g. marts.fare_prices")],
    out: Annotated[Path, typer.Option(help="a .csv or .parquet file")],
    number: Annotated[int | None, typer.Option("--release", help="default: the head")] = None,
) -> None:
    """Write one table of the lake to a file."""
    from tambo.lake import releases
    from tambo.lake.export import export_table

    settings = _settings()
    snapshot = None if number is None else releases.get(settings, number).snapshot_id
    rows = export_table(settings, table, out, snapshot=snapshot)
    console.out.print(f"{rows:,} rows of {table} written to {out}")


@app.command()
def docs() -> None:
    """Build the dbt docs as one static page, and say where the data docs are."""
    from expectations.docs import index
    from tambo.lake.build import build_docs

    settings = _settings()
    page = build_docs(settings, settings.home / "docs").absolute()
    checked = index(settings) or "none yet: tambo validate writes them"
    console.out.print(f"dbt docs   {page}\ndata docs  {checked}", markup=False)


@app.command()
def mlflow(
    port: Annotated[int | None, typer.Option(help="default: TAMBO_MLFLOW_PORT")] = None,
) -> None:
    """Show MLflow's pages on loopback until Ctrl-C."""
    from training.registry import addresses, show_pages

    settings = _settings()
    chosen = settings.mlflow_port if port is None else port
    for name, address in addresses(settings, chosen).items():
        console.out.print(f"{name:<9} {address}", markup=False)
    show_pages(settings, chosen)


@quarantine.callback(invoke_without_command=True)
def quarantine_list(
    context: typer.Context,
    reason: Annotated[str | None, typer.Option(help="only this reason")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
) -> None:
    """Count quarantined lines by reason, and show the first of them."""
    from tambo.cli import intake

    if context.invoked_subcommand is None:
        intake.show_quarantine(_settings(), reason, limit)


@quarantine.command("export")
def quarantine_export(
    out: Annotated[Path, typer.Argument(help="a CSV to correct by hand")],
    reason: Annotated[str | None, typer.Option(help="only this reason")] = None,
) -> None:
    """Write quarantined lines to a CSV for correction."""
    from tambo.cli import intake

    intake.export_quarantine(_settings(), out, reason)


@quarantine.command("fix")
def quarantine_fix(
    file: Annotated[Path, typer.Argument(help="the corrected export")],
) -> None:
    """Take a corrected export back: accepted lines move from quarantine into the lake."""
    from tambo.cli import intake

    intake.take_back(_settings(), file)


if __name__ == "__main__":
    main()
