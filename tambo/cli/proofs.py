"""`tambo prove`: what each proof compared, and its verdict; a proof that fails ends with 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tambo.cli import console
from tambo.errors import ProofError

if TYPE_CHECKING:
    from tambo.settings import Settings

prove = typer.Typer(
    help="Prove the promises on your own home: joins, leakage, parity.", no_args_is_help=True
)

SHOWN = 5
"""Differences that are printed of each kind."""

Seed = Annotated[int | None, typer.Option(help="which random cases; default: TAMBO_SEED")]
ReleaseNumber = Annotated[int | None, typer.Option("--release", help="default: the latest")]


def _settings() -> Settings:
    from tambo.settings import get_settings

    return get_settings()


def _seed(settings: Settings, seed: int | None) -> int:
    return settings.seed if seed is None else seed


@prove.command("joins")
def joins(
    examples: Annotated[
        int, typer.Option(min=0, help="generated cases; 0: your own data only")
    ] = 60,
    keys: Annotated[int, typer.Option(min=0, help="keys drawn of each of your views")] = 200,
    seed: Seed = None,
    number: ReleaseNumber = None,
) -> None:
    """Hold point-in-time joins against brute force: generated tables, then your own views."""
    from tambo.proofs.joins import prove_joins
    from tambo.proofs.own_joins import prove_own_joins

    settings = _settings()
    chosen = _seed(settings, seed)
    failed = []
    if examples:
        with console.progress_bar("joins") as progress:
            generated = prove_joins(examples=examples, seed=chosen, progress=progress)
        console.out.print(
            f"generated: {generated.examples:,} cases, {generated.tables:,} tables of "
            f"{generated.table_rows:,} rows, {generated.entity_rows:,} entity rows, "
            f"{generated.cells:,} cells compared, {generated.filled:,} of them not null"
        )
        if generated.counterexample is not None:
            console.out.print(f"the smallest case found that differs:\n{generated.counterexample}")
        failed += [] if generated.holds else ["generated tables"]
    if keys:
        with console.progress_bar("joins") as progress:
            own = prove_own_joins(
                settings, keys=keys, seed=chosen, release=number, progress=progress
            )
        console.show_table(
            "your own views, each row looked at by brute force",
            ("view", "table rows", "entity rows", "at an edge", "cells", "not null", "different"),
            [
                (
                    one.view,
                    one.table_rows,
                    one.entity_rows,
                    one.edges,
                    one.cells,
                    one.filled,
                    len(one.differences),
                )
                for one in own
            ],
        )
        for one in own:
            _show(one.differences)
        failed += [f"view {one.view}" for one in own if one.differences]
    _conclude("joins", "every cell is what brute force says", failed, f"--seed {chosen}")


def _show(differences: tuple[str, ...]) -> None:
    for text in differences[:SHOWN]:
        console.out.print(f"  {text}", markup=False)
    if len(differences) > SHOWN:
        console.out.print(f"  … and {len(differences) - SHOWN:,} more")


def _conclude(name: str, promise: str, failed: list[str], again: str) -> None:
    """Print the verdict.

    Raises:
        ProofError: something failed.
    """
    if failed:
        raise ProofError(
            f"The proof of {name} failed: {'; '.join(failed)}.",
            remedy=f"what differs is listed above; the same again: tambo prove {name} {again}",
        )
    console.out.print(f"[green]✓[/green] [bold]{name}[/bold] {promise} ({again})")
