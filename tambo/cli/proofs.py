"""`tambo prove`: what each proof compared, and its verdict; a proof that fails ends with 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tambo.cli import console
from tambo.cli.given import given_settings
from tambo.errors import ProofError

if TYPE_CHECKING:
    from tambo.proofs.leakage import Future
    from tambo.proofs.parity_found import StoreParity
    from tambo.settings import Settings

prove = typer.Typer(
    help="Prove the promises on your own home: joins, leakage, parity.", no_args_is_help=True
)

SHOWN = 5
"""Differences that are printed of each kind."""

Seed = Annotated[int | None, typer.Option(help="which random cases; default: TAMBO_SEED")]
ReleaseNumber = Annotated[int | None, typer.Option("--release", help="default: the latest")]


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
    from tambo.lake import releases
    from tambo.proofs.joins import prove_joins
    from tambo.proofs.own_joins import prove_own_joins

    settings = given_settings()
    chosen = _seed(settings, seed)
    failed = []
    if keys:
        # A home without a release is said at once, not after the generated tables.
        releases.get(settings, number)
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


@prove.command("leakage")
def leakage(
    rows: Annotated[int, typer.Option(min=100, help="raw rows to sample, about")] = 6_000,
    futures: Annotated[int, typer.Option(min=1, help="how many instants to perturb after")] = 2,
    seed: Seed = None,
    number: ReleaseNumber = None,
    keep: Annotated[
        Path | None, typer.Option(help="folder for the scratch homes; default: gone afterwards")
    ] = None,
) -> None:
    """Tell scratch homes another future after t: nothing at or before t may move."""
    from tempfile import TemporaryDirectory

    from tambo.cli.proof_road import road, training_rows
    from tambo.proofs.leakage import prove_leakage

    settings = given_settings()
    chosen = _seed(settings, seed)
    with (
        TemporaryDirectory(prefix="tambo-leakage-") as scratch,
        console.progress_bar("leakage") as progress,
    ):
        proof = prove_leakage(
            settings,
            road,
            training_rows(settings, number),
            folder=Path(scratch) if keep is None else keep,
            rows=rows,
            futures=futures,
            seed=chosen,
            release=number,
            progress=progress,
        )
    console.out.print(f"{proof.versions:,} raw rows sampled, through ingest, dbt, gate and Feast")
    for future in proof.futures:
        _show_future(future)
    failed = [f"{part.part} moved before it could" for part in proof.leaks]
    failed += [f"{part.part} never moved, so nothing is proved of it" for part in proof.powerless]
    _conclude(
        "leakage", "what became known later moved nothing earlier", failed, f"--seed {chosen}"
    )


def _show_future(future: Future) -> None:
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(future.told.items()))
    console.show_table(
        f"another future after {future.t} UTC: {told}",
        ("what", "at or before t", "moved", "after t", "moved after t"),
        [
            (one.part, one.earlier, one.earlier_moved, one.later, one.later_moved)
            for one in future.moved
        ],
    )
    for one in future.moved:
        _show(one.examples)


@prove.command("parity")
def parity(
    sample: Annotated[int, typer.Option(min=1, help="keys of a view that has more")] = 5_000,
    both: Annotated[
        bool, typer.Option("--both", help="also a throwaway store of the other kind")
    ] = False,
    seed: Seed = None,
) -> None:
    """Hold online features against offline ones, row by row, at the release's own instant."""
    from tambo.proofs.parity import prove_parity

    settings = given_settings()
    chosen = _seed(settings, seed)
    with console.progress_bar("parity") as progress:
        stores = [prove_parity(settings, sample=sample, seed=chosen, progress=progress)]
    if both:
        from tambo.cli.proof_road import definitions
        from tambo.proofs.throwaway import other_store

        release = stores[0].release
        with (
            other_store(settings, definitions(settings, release), release) as other,
            console.progress_bar("parity") as progress,
        ):
            stores.append(prove_parity(other, sample=sample, seed=chosen, progress=progress))
    for store in stores:
        _show_store(store)
    failed = [failure for store in stores for failure in store.failures]
    names = " and ".join(store.store for store in stores)
    _conclude("parity", f"{names}: online is what offline is", failed, f"--seed {chosen}")


def _show_store(store: StoreParity) -> None:
    parts = (*store.views, *store.services)
    console.show_table(
        f"{store.store} against offline: release {store.release} at {store.as_of} UTC, by Feast's "
        "SDK and by OnlineReader",
        ("view or service", "keys", "of", "cells", "not null", "compared", "different"),
        [
            (
                one.view,
                one.keys,
                one.all_keys,
                one.cells,
                one.filled,
                f"{one.compared:.1%}",
                len(one.mismatches),
            )
            for one in parts
        ],
    )
    for one in parts:
        _show(tuple(str(mismatch) for mismatch in one.mismatches))


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
