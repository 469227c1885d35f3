"""The stages of the road, each a thin call into the package that does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tambo.cli import console
from tambo.cli.road import Outcome, Stage, run_stage
from tambo.domains import domains, slices
from tambo.errors import (
    ContractError,
    FewLabelsError,
    IngestError,
    NoChampionError,
    ReleaseError,
    ServingError,
    TrainingError,
)
from tambo.progress import Progress
from tambo.settings import Settings

if TYPE_CHECKING:
    from training.foretold import Foretold


def alone(stage: Stage) -> None:
    """Run one stage by itself, as its verb does."""
    run_stage(stage)


def world_folders(settings: Settings) -> dict[str, Path]:
    """Where the sample world of each domain that has one lies in a home."""
    return {domain: settings.world / domain for domain in slices("tambo.sources", "world")}


def written_worlds(settings: Settings) -> list[Path]:
    """Folders of the sample worlds that a home holds.

    Raises:
        IngestError: it holds none.
    """
    if found := [folder for folder in world_folders(settings).values() if folder.exists()]:
        return found
    raise IngestError(
        f"{settings.home} holds no sample world, and no files are named.",
        remedy="tambo ingest <folder>, or tambo world before it",
    )


def world_stage(settings: Settings, domain: str | None = None, out: Path | None = None) -> Stage:
    """Write the sample world of every domain that has one, or of the one named.

    Args:
        settings: the Tambo home; each domain's world takes its size from it.
        domain: the only one to write.
        out: its folder; None: inside the home.
    """
    folders = world_folders(settings)
    if domain is not None and domain not in folders:
        raise ContractError(
            f"There is no sample world of {domain!r}.", remedy=f"one of: {', '.join(folders)}"
        )
    chosen = folders if domain is None else {domain: folders[domain]}
    if out is not None and len(chosen) > 1:
        raise ContractError(
            f"{out} can hold the sample world of one domain.",
            remedy=f"name it: tambo world <{' | '.join(chosen)}> --out {out}",
        )

    def work(progress: Progress) -> Outcome:
        lines, fresh = [], True
        modules = slices("tambo.sources", "world")
        for name, folder in chosen.items():
            summary = modules[name].sample(settings, out or folder, progress)
            rows = ", ".join(f"{count:,} {table}" for table, count in summary.rows.items())
            lines.append(f"{name}: {rows}")
            fresh = fresh and summary.up_to_date
        return Outcome("; ".join(lines), fresh)

    return Stage("world", work)


def ingest_stage(
    settings: Settings,
    path: Path,
    *,
    mapping: Path | None = None,
    history: bool | None = None,
    restore: bool = False,
) -> Stage:
    """Load a folder of raw files, and what waits that was told over HTTP."""

    def work(progress: Progress) -> Outcome:
        from tambo.ingest import ingest
        from tambo.sources.arrived import take_in_told

        report = ingest(
            settings, path, mapping=mapping, history=history, restore=restore, progress=progress
        )
        told = take_in_told(settings)
        notes = tuple(f"{table}: {done.line()}" for table, done in told.items())
        return Outcome(report.line(), report.up_to_date and not told, notes=notes)

    return Stage("ingest", work)


def fetch_stage(settings: Settings, domain: str, door: str, *, afresh: bool = False) -> Stage:
    """Read what has come at a door, and take it into the lake."""

    def work(progress: Progress) -> Outcome:
        from tambo.cli.source import claim_doors
        from tambo.sources.fetching import fetch

        claim_doors(settings)
        fetched = fetch(settings, domain, door, progress, afresh=afresh)
        return Outcome(fetched.line(), fetched.up_to_date, notes=fetched.notes)

    return Stage("fetch", work)


def build_stage(settings: Settings, *, full_refresh: bool = False) -> Stage:
    """Run dbt."""

    def work(progress: Progress) -> Outcome:
        from tambo.lake.build import build

        result = build(settings, full_refresh=full_refresh, progress=progress)
        rows = sum(result.row_counts.values())
        line = f"{len(result.row_counts)} marts, {rows:,} rows, as of {result.as_of}"
        return Outcome(line, result.up_to_date, notes=result.ready.notes())

    return Stage("build", work, locked=True)


def validate_stage(settings: Settings, *, whole: bool = False) -> Stage:
    """Run the gate."""

    def work(progress: Progress) -> Outcome:
        from expectations.gate import validate

        verdict = validate(settings, whole=whole, progress=progress)
        return Outcome(verdict.line(), verdict.up_to_date)

    return Stage("validate", work, locked=True)


def release_stage(settings: Settings) -> Stage:
    """Make the validated build a release."""

    def work(_: Progress) -> Outcome:
        from tambo.lake.releases import release

        outcome = release(settings)
        number, snapshot = outcome.release.number, outcome.release.snapshot_id
        return Outcome(f"release {number} = snapshot {snapshot}", outcome.up_to_date)

    return Stage("release", work, locked=True)


def retain_stage(settings: Settings) -> Stage:
    """Retire the releases that no model names and that are not among the last ones."""

    def work(_: Progress) -> Outcome:
        from bentos.bundle import named_releases as bundled
        from tambo.lake.retention import retire
        from training.registry import named_releases as registered

        named = registered(settings) | bundled(settings)
        retired = retire(settings, named=named, keep=settings.keep_releases)
        line = f"{len(retired.releases)} releases retired, {retired.snapshots} snapshots expired"
        return Outcome(line, retired.up_to_date)

    return Stage("retain", work)


def features_stage(settings: Settings, number: int | None = None) -> Stage:
    """Apply and materialize the Feast definitions."""

    def work(progress: Progress) -> Outcome:
        from tambo.lake import ready, releases

        # Looked up before Feast is imported, which takes seconds.
        chosen = releases.get(settings, number)
        own = ready.in_release(settings, chosen)

        from feature_repo.definitions import all_objects
        from tambo.featurestore.publish import publish

        objects = all_objects(own.domains)
        published = publish(settings, objects, release=chosen.number, progress=progress)
        keys = sum(published.views.values())
        line = f"{len(published.views)} views, {keys:,} keys online at release {published.release}"
        return Outcome(line, published.up_to_date, notes=own.notes())

    return Stage("features", work)


def train_stages(
    settings: Settings, model: str | None = None, number: int | None = None
) -> Iterator[Stage]:
    """One stage for each model of the release's domains, or for the one named."""
    from training.experiment import models

    known = models()
    if model is not None and model not in known:
        raise TrainingError(f"There is no model {model!r}.", remedy=f"one of: {', '.join(known)}")
    chosen = known if model is None else {model: known[model]}

    def of(domain: str) -> Iterator[Stage]:
        names = (name for name, spec in chosen.items() if spec.domain == domain)
        return (_train_stage(settings, name, number) for name in names)

    owners = sorted({spec.domain for spec in chosen.values()})
    yield from ready_stages(settings, "train", owners, of, number=number, asked=model is not None)


def foretell_stages(settings: Settings, domain: str | None = None) -> Iterator[Stage]:
    """One stage for each feature that a model makes, of the release's domains or of the one named.

    Raises:
        TrainingError: nothing of the domain named is foretold.
    """
    from training.foretold import all_foretold

    known = sorted({one.domain for one in all_foretold()})
    if domain is not None and domain not in known:
        raise TrainingError(
            f"Nothing of {domain!r} is foretold.", remedy=f"one of: {', '.join(known)}"
        )

    def of(name: str) -> Iterator[Stage]:
        return (_foretell_stage(settings, one) for one in all_foretold() if one.domain == name)

    chosen = known if domain is None else [domain]
    yield from ready_stages(settings, "foretell", chosen, of, asked=domain is not None)


def _foretell_stage(settings: Settings, foretold: Foretold) -> Stage:
    def work(progress: Progress) -> Outcome:
        from tambo.lake import releases
        from training.foretelling import foretell

        told = foretell(settings, foretold, releases.get(settings), progress)
        return Outcome(told.line(), told.up_to_date)

    return Stage("foretell", work)


def _train_stage(settings: Settings, name: str, number: int | None) -> Stage:
    def work(progress: Progress) -> Outcome:
        from training.experiment import train

        try:
            trained = train(settings, name, release=number, progress=progress)
        except FewLabelsError as error:
            if not _may_lack(name):
                raise
            return Outcome(f"{name}: skipped, {error.message}", skipped=True)
        return Outcome(trained.line(), trained.up_to_date)

    return Stage("train", work)


def bundle_stages(settings: Settings, domain: str | None = None) -> Iterator[Stage]:
    """One stage for each domain of the release that has a service, or for the one named."""
    known = [name for name in domains() if name in slices("bentos")]
    if domain is not None and domain not in known:
        raise ServingError(
            f"There is no service for {domain!r}.", remedy=f"one of: {', '.join(known)}"
        )
    chosen = known if domain is None else [domain]

    def of(name: str) -> list[Stage]:
        return [_bundle_stage(settings, name)]

    yield from ready_stages(settings, "bundle", chosen, of, asked=domain is not None)


def _may_lack(model: str) -> bool:
    """Whether the road goes on without a model where a release holds too few labels for it."""
    from training.experiment import models

    return bool(getattr(models().get(model), "optional", False))


def _bundle_stage(settings: Settings, domain: str) -> Stage:
    def work(progress: Progress) -> Outcome:
        from bentos.bundle import bundle

        try:
            bundled = bundle(settings, domain, progress=progress)
        except NoChampionError as error:
            if not _may_lack(error.model):
                raise
            return Outcome(f"{domain}: skipped, {error.message}", skipped=True)
        return Outcome(str(bundled.tag), bundled.up_to_date)

    return Stage("bundle", work)


def ready_stages(
    settings: Settings,
    name: str,
    owners: Iterable[str],
    of: Callable[[str], Iterable[Stage]],
    *,
    number: int | None = None,
    asked: bool = False,
) -> Iterator[Stage]:
    """Stages of the domains that a release holds; each other one is named as skipped.

    Args:
        settings: the Tambo home.
        name: of the stages.
        owners: domains that have such a stage.
        of: the stages of one domain.
        number: of the release; None: the latest.
        asked: somebody named what to do, so there is nothing to skip.

    Raises:
        ReleaseError: the release lacks a domain that was asked for.
    """
    from tambo.lake import ready, releases

    skipped = ready.in_release(settings, releases.get(settings, number)).skipped
    for domain in owners:
        if asked:
            require_domain(settings, domain, number)
        if domain in skipped:
            yield _skipped_stage(name, f"{domain}: skipped, {skipped[domain]}")
        else:
            yield from of(domain)


def require_domain(settings: Settings, domain: str, number: int | None = None) -> None:
    """Refuse a domain that a release lacks; None is the latest.

    Raises:
        ReleaseError: it does.
    """
    from tambo.lake import ready, releases

    release = releases.get(settings, number)
    why = ready.in_release(settings, release).skipped.get(domain)
    if why is not None:
        raise ReleaseError(
            f"Release {release.number} holds nothing of {domain}: {why}.",
            remedy="tambo ingest <folder>, then tambo build, validate and release",
        )


def _skipped_stage(name: str, line: str) -> Stage:
    return Stage(name, lambda _: Outcome(line, skipped=True))


def hint(text: str) -> None:
    """Print what to do or open next."""
    console.out.print(text, markup=False)
