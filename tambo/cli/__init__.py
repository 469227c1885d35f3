"""The command line: `tambo <verb>`, one verb a stage, progress shown, nothing else.

This is where the packages are put together: it alone may import all of them, and only inside its
commands, so that `tambo --help` stays quick.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from tambo.cli import console, home_verbs, interrupts, lake_verbs, model_verbs
from tambo.cli.feature_verbs import features
from tambo.cli.metadata import metadata
from tambo.cli.proofs import prove
from tambo.cli.quarantine_verbs import quarantine
from tambo.cli.quiet import quiet
from tambo.errors import TamboError

app = typer.Typer(
    help="Raw files of travel, tourism and fleets to governed, served models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verb in (
    home_verbs.run,
    home_verbs.doctor,
    home_verbs.status,
    home_verbs.world,
    lake_verbs.ingest,
    lake_verbs.fetch,
    lake_verbs.listen,
    lake_verbs.sensors,
    lake_verbs.build,
    lake_verbs.validate,
    lake_verbs.release,
    lake_verbs.drain,
    lake_verbs.audit,
    model_verbs.foretell,
    model_verbs.train,
    model_verbs.bundle,
    model_verbs.serve,
    model_verbs.predict,
    home_verbs.export,
    home_verbs.docs,
    model_verbs.mlflow,
):
    # Typer's decorator, called: the order here is that of `tambo --help`.
    app.command()(verb)
app.add_typer(features, name="features")
app.add_typer(quarantine, name="quarantine")
app.add_typer(metadata, name="metadata")
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


if __name__ == "__main__":
    main()
