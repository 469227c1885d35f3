"""Verbs of models: train, bundle, serve, ask."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from tambo.cli import console
from tambo.cli.given import given_settings


def train(
    model: Annotated[str | None, typer.Argument(help="default: every model")] = None,
    number: Annotated[int | None, typer.Option("--release", help="default: the latest")] = None,
) -> None:
    """Train, gate and register a model at a release."""
    from tambo.cli import stages

    for stage in stages.train_stages(given_settings(), model, number):
        stages.alone(stage)


def foretell(
    domain: Annotated[str | None, typer.Argument(help="default: every domain")] = None,
) -> None:
    """Make the predictions that are features and due, out of time; they come into the lake."""
    from tambo.cli import stages

    for stage in stages.foretell_stages(given_settings(), domain):
        stages.alone(stage)


def bundle(
    domain: Annotated[str | None, typer.Argument(help="default: every domain")] = None,
) -> None:
    """Put the champions of a domain into a Bento."""
    from tambo.cli import stages

    for stage in stages.bundle_stages(given_settings(), domain):
        stages.alone(stage)


def serve(
    domain: Annotated[str | None, typer.Argument(help="default: the only one bundled")] = None,
    port: Annotated[int | None, typer.Option(help="0 finds a free one")] = None,
) -> None:
    """Serve a domain's Bento on loopback until Ctrl-C."""
    from bentos.bundle import served_domain
    from bentos.serve import serve_forever

    settings = given_settings()
    chosen = served_domain(settings) if domain is None else domain
    serve_forever(settings, chosen, settings.serve_port if port is None else port)


def predict(
    payload: Annotated[str | None, typer.Argument(help="JSON, or @file; default: a sample")] = None,
    domain: Annotated[str | None, typer.Option(help="default: the only one bundled")] = None,
    url: Annotated[str | None, typer.Option(help="a running service; default: start one")] = None,
    model: Annotated[str | None, typer.Option(help="default: the service's first")] = None,
) -> None:
    """Ask a served model once, as a client would."""
    from tambo.cli import journey

    answer = journey.predict(given_settings(), domain, payload, url, model)
    console.out.print_json(json.dumps(answer))


def mlflow(
    port: Annotated[int | None, typer.Option(help="default: TAMBO_MLFLOW_PORT")] = None,
) -> None:
    """Show MLflow's pages on loopback until Ctrl-C."""
    from training.registry import addresses, show_pages

    settings = given_settings()
    chosen = settings.mlflow_port if port is None else port
    for name, address in addresses(settings, chosen).items():
        console.out.print(f"{name:<9} {address}", markup=False)
    show_pages(settings, chosen)
