"""Verbs of the lake: raw files and doors into it, built, validated, released."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tambo.cli import console
from tambo.cli.given import given_settings


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
    settings = given_settings()
    if withdraw is not None:
        intake.withdraw_batch(settings, withdraw)
    elif replay:
        intake.replay_lines(settings, mapping)
    elif taking or not report:
        chosen = path or settings.raw
        for folder in stages.written_worlds(settings) if chosen is None else [chosen]:
            intake.ingest_path(settings, folder, mapping=mapping, history=history, restore=restore)
    if report:
        intake.show_report(settings)


def fetch(
    domain: Annotated[str | None, typer.Argument(help="default: list every door")] = None,
    door: Annotated[str | None, typer.Argument(help="default: each that is configured")] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="read a door's source from its beginning")
    ] = False,
) -> None:
    """Read what has come at a door (a database, an API, ...) into the lake; or list the doors."""
    from tambo.cli import fetching

    settings = given_settings()
    if afresh and door is None:
        raise typer.BadParameter("--afresh goes with one door: tambo fetch <domain> <door>")
    if domain is None:
        fetching.show_doors(settings)
    elif door is None:
        fetching.fetch_domain(settings, domain)
    else:
        fetching.fetch_one(settings, domain, door, afresh=afresh)


def build(
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="from nothing")] = False,
) -> None:
    """Run dbt: staging, intermediate, marts, and their tests."""
    from tambo.cli import stages

    stages.alone(stages.build_stage(given_settings(), full_refresh=full_refresh))


def validate(
    whole: Annotated[
        bool, typer.Option("--whole", help="every row again, whatever passed before")
    ] = False,
) -> None:
    """Run the Great Expectations gate on raw and marts; a critical failure ends with 1."""
    from tambo.cli import stages

    stages.alone(stages.validate_stage(given_settings(), whole=whole))


def release(
    retain: Annotated[
        bool, typer.Option("--retain", help="then retire what nothing names any more")
    ] = False,
) -> None:
    """Make the validated build the next release."""
    from tambo.cli import stages

    settings = given_settings()
    stages.alone(stages.release_stage(settings))
    if retain:
        stages.alone(stages.retain_stage(settings))


def listen(
    domain: Annotated[
        str | None, typer.Argument(help="default: the only one that has a stream")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="to `tambo sensors`, in the sample world's home")
    ] = False,
) -> None:
    """Take readings from an MQTT broker into the lake and the online store until Ctrl-C."""
    from tambo.cli import listening

    listening.listen(given_settings(), domain, sample=sample)


def sensors(
    domain: Annotated[
        str | None, typer.Argument(help="default: the only one that has a stream")
    ] = None,
    every: Annotated[float, typer.Option(min=0.01, help="seconds between two rounds")] = 1.0,
    rounds: Annotated[int, typer.Option(min=0, help="then end; 0: go on until Ctrl-C")] = 0,
) -> None:
    """Be the sample world's sensors: publish what they read to the MQTT broker."""
    from tambo.cli import listening

    listening.publish_sample(given_settings(), domain, every, rounds)


def drain() -> None:
    """Move what waits in the spool, as feedback given during a build, into the lake."""
    from tambo.cli.intake import take_in_arrived
    from tambo.lake.drain import drain as move

    settings = given_settings()
    console.out.print(move(settings).line(), markup=False)
    take_in_arrived(settings)


def audit(
    most: Annotated[int, typer.Option("--most", min=1, help="refusals that are shown")] = 50,
) -> None:
    """Show who was refused what by services and the feature server, when and why."""
    from tambo.cli import auditing

    auditing.show_refusals(given_settings(), most)
