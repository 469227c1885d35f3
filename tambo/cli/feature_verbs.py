"""`tambo features`: apply and materialize a release, and look at what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tambo.cli.given import given_settings

features = typer.Typer(help="Feast: apply and materialize the release; get and explain features.")


@features.callback(invoke_without_command=True)
def publish(
    context: typer.Context,
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Apply the Feast definitions and materialize a release into the online store."""
    from tambo.cli import stages

    if context.invoked_subcommand is None:
        stages.alone(stages.features_stage(given_settings(), number))


@features.command("get")
def features_get(
    service: Annotated[str, typer.Option(help="feature service, e.g. flight_price_v1")],
    entities: Annotated[Path, typer.Option(help="entity rows, .csv or .parquet")],
    out: Annotated[Path, typer.Option(help="where the frame goes, .parquet or .csv")],
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Join features to entity rows, point-in-time and as known at each row's time."""
    from tambo.cli import inspection

    inspection.get(given_settings(), service, entities, out, number)


@features.command("explain")
def features_explain(
    view: Annotated[str, typer.Argument(help="feature view")],
    key: Annotated[str, typer.Argument(help="join keys: name=value,name=value")],
    t: Annotated[str, typer.Argument(help="instant, ISO 8601")],
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Say which row answers for a key at an instant, and why a cell is null."""
    from tambo.cli import inspection

    inspection.explain(given_settings(), view, key, t, number)


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
    settings = given_settings()
    tls = None if tls_cert is None or tls_key is None else Tls(tls_cert, tls_key)
    serve_forever(settings, settings.features_port if port is None else port, tls)


@features.command("generate")
def features_generate(
    check: Annotated[bool, typer.Option("--check", help="only say whether they drift")] = False,
) -> None:
    """Write dbt's sources from the contracts, and the Feast views from the models' meta."""
    from tambo.cli import inspection

    inspection.generate(given_settings(), check=check)
