"""`tambo quarantine`: what was not loaded, and how it comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tambo.cli.given import given_settings

quarantine = typer.Typer(help="Lines that were not loaded: list, export, take the fixed file back.")


@quarantine.callback(invoke_without_command=True)
def quarantine_list(
    context: typer.Context,
    reason: Annotated[str | None, typer.Option(help="only this reason")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
) -> None:
    """Count quarantined lines by reason, and show the first of them."""
    from tambo.cli import intake

    if context.invoked_subcommand is None:
        intake.show_quarantine(given_settings(), reason, limit)


@quarantine.command("export")
def quarantine_export(
    out: Annotated[Path, typer.Argument(help="a CSV to correct by hand")],
    reason: Annotated[str | None, typer.Option(help="only this reason")] = None,
) -> None:
    """Write quarantined lines to a CSV for correction."""
    from tambo.cli import intake

    intake.export_quarantine(given_settings(), out, reason)


@quarantine.command("fix")
def quarantine_fix(
    file: Annotated[Path, typer.Argument(help="the corrected export")],
) -> None:
    """Take a corrected export back: accepted lines move from quarantine into the lake."""
    from tambo.cli import intake

    intake.take_back(given_settings(), file)
