"""Proof that nothing leaks: another future leaves every earlier feature and label as it was.

Two scratch homes are taken from raw files to a release and a training frame, through the same
functions as any home. Both were told the same up to an instant t; what became known after t was
changed, added, moved or withdrawn in the second. Then no feature of a row at or before t may
differ, no label known by t, and no mart row known by t. Later ones must: a proof that moves nothing
proves nothing. So t is another for each domain, within what is known of it; a mart, a view and a
model are compared at the t of their own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from tambo.as_of import AsOf
from tambo.domains import domains
from tambo.errors import ProofError
from tambo.lake import reader, releases
from tambo.lake.ready import owners
from tambo.lake.releases import Release
from tambo.progress import Progress, silent
from tambo.proofs.earlier import (
    Moved,
    Rows,
    bag,
    compare_rows,
    compare_service,
    compare_views,
)
from tambo.proofs.perturb import perturb
from tambo.proofs.versions import Version, read_versions, write_versions
from tambo.settings import Settings
from tambo.sources import contracts as contracts_of

Road = Callable[[Settings, Path], None]
"""Takes a folder of raw files to a release with its feature definitions, in a home of its own."""


@dataclass(frozen=True)
class TrainingRows:
    """Where a model's training rows come from.

    Attributes:
        model: its name.
        domain: whose it is.
        service: its feature service.
        labels: labels known by an instant, read at a snapshot.
        entity_rows: label rows to entity rows.
    """

    model: str
    domain: str
    service: str
    labels: Callable[[duckdb.DuckDBPyConnection, datetime], pa.Table]
    entity_rows: Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Future:
    """What another future moved.

    Attributes:
        t: what was known by then is the same in both homes, by domain.
        told: rows that were changed, added, moved, withdrawn, dropped or kept.
        moved: what was compared, part by part.
    """

    t: AsOf
    told: Mapping[str, int]
    moved: tuple[Moved, ...]

    @property
    def leaks(self) -> list[Moved]:
        """Parts of which something at or before t moved."""
        return [part for part in self.moved if part.earlier_moved]

    @property
    def powerless(self) -> list[Moved]:
        """Parts of which nothing moved after t either; one that holds nothing cannot move."""
        return [
            part for part in self.moved if not part.later_moved and (part.earlier or part.later)
        ]


@dataclass(frozen=True)
class LeakageProof:
    """What was compared.

    Attributes:
        versions: raw rows in the sample.
        futures: one for each instant.
    """

    versions: int
    futures: tuple[Future, ...]

    @property
    def leaks(self) -> list[Moved]:
        """Everything that moved and must not."""
        return [part for future in self.futures for part in future.leaks]

    @property
    def powerless(self) -> list[Moved]:
        """Everything that should have moved after t, and did not."""
        return [part for future in self.futures for part in future.powerless]


@dataclass(frozen=True)
class _World:
    """A scratch home that has been released, and the versions it was told."""

    settings: Settings
    release: Release
    told: Mapping[str, Sequence[Version]]


def prove_leakage(
    settings: Settings,
    road: Road,
    models: Sequence[TrainingRows],
    *,
    folder: Path,
    rows: int,
    futures: int,
    seed: int,
    release: int | None = None,
    progress: Progress = silent,
) -> LeakageProof:
    """Perturb what became known after some instants, and compare what was earlier.

    Args:
        settings: the Tambo home; it is only read.
        road: takes raw files to a release.
        models: whose training rows are compared.
        folder: for the scratch homes; empty, and kept by the caller or not.
        rows: about how many raw rows are sampled.
        futures: how many instants.
        seed: which rows, instants and changes.
        release: number of the release; None: the latest.
        progress: told each home and each comparison.

    Raises:
        ReleaseError: the release cannot be read.
        ProofError: the folder is not empty, the release holds no raw rows, or all were known at
            one instant.
        TamboError: a scratch home did not reach its release.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ProofError(
            f"{folder} is not empty: scratch homes start from nothing.",
            remedy="give --keep a folder that is new",
        )
    draw = random.Random(seed)  # noqa: S311 - a sample, no secret
    told = _sample(settings, release, rows, seed)
    instants = _instants(told, futures, draw)
    steps = 2 * len(instants) + 1
    progress("a scratch home as it is", 0, steps)
    base = _world(settings, road, folder / "base", told)
    found = []
    for number, t in enumerate(instants):
        progress(f"another future after {t}", 2 * number + 1, steps)
        counts: Counter[str] = Counter()
        other = {}
        for domain, versions in told.items():
            perturbed = perturb(
                versions, contracts_of.of_home(settings, domain), t.of(domain), draw
            )
            other[domain] = perturbed.versions
            counts += perturbed.counts
        world = _world(settings, road, folder / f"future{number + 1}", other)
        progress("comparing", 2 * number + 2, steps)
        found.append(Future(t, counts, tuple(_compare(base, world, t, models, draw))))
    return LeakageProof(sum(map(len, told.values())), tuple(found))


def _sample(
    settings: Settings, release: int | None, rows: int, seed: int
) -> Mapping[str, list[Version]]:
    """Versions by domain; a domain without raw rows is left out."""
    chosen = releases.get(settings, release)
    told = {}
    with reader(settings, chosen.snapshot_id) as connection:
        have = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake' "
                "AND schema_name = 'raw'"
            ).fetchall()
        }
        for domain in domains():
            contracts = contracts_of.of_home(settings, domain)
            if have.issuperset(contracts.tables):
                told[domain] = read_versions(connection, contracts, rows, seed)
    if not any(told.values()):
        raise ProofError(
            f"Release {chosen.number} holds no raw rows to perturb.",
            remedy="give more with --rows, or ingest a folder of raw files",
        )
    return {domain: versions for domain, versions in told.items() if versions}


def _instants(told: Mapping[str, Sequence[Version]], count: int, draw: random.Random) -> list[AsOf]:
    """Instants by domain, spread over the middle of what is known of it.

    Raises:
        ProofError: everything of a domain was known at once.
    """
    found = {domain: _of_domain(domain, versions, count, draw) for domain, versions in told.items()}
    return [AsOf({domain: found[domain][number] for domain in found}) for number in range(count)]


def _of_domain(
    domain: str, versions: Sequence[Version], count: int, draw: random.Random
) -> list[datetime]:
    """An arrival, a time between two, and so on."""
    known = sorted(version.known_at for version in versions)
    if known[0] == known[-1]:
        raise ProofError(
            f"All raw rows of {domain} became known at one instant, {known[0]}: there is no later "
            "one.",
            remedy="load files with their arrival times (_arrivals.csv), or as --history",
        )
    found = []
    for number in range(count):
        at = known[int(len(known) * (0.4 + 0.5 * (number + draw.random()) / count))]
        following = min((one for one in known if one > at), default=at)
        # Exactly at an arrival, then between two.
        t = at if number % 2 == 0 else at + (following - at) * draw.random()
        found.append(t if t < known[-1] else known[0])
    return found


def _world(
    settings: Settings, road: Road, folder: Path, told: Mapping[str, Sequence[Version]]
) -> _World:
    """Take versions to a release in a home of its own."""
    raw = folder.parent / f"{folder.name}_raw"
    for domain, versions in told.items():
        write_versions(raw, contracts_of.of_home(settings, domain), versions)
    scratch = settings.model_copy(update={"home": folder, "redis_url": None})
    road(scratch, raw)
    return _World(scratch, releases.get(scratch), told)


def _compare(
    base: _World,
    other: _World,
    t: AsOf,
    models: Sequence[TrainingRows],
    draw: random.Random,
) -> list[Moved]:
    with (
        reader(base.settings, base.release.snapshot_id) as first,
        reader(other.settings, other.release.snapshot_id) as second,
    ):
        _require_same_raw(base, first, second, t)
        parts = [*_mart_rows(owners(base.settings), first, second, t)]
        asked = {}
        for model in models:
            labels = model.labels(first, base.release.as_of.of(model.domain))
            asked[model.model] = model.entity_rows(labels)
            theirs = model.labels(second, other.release.as_of.of(model.domain))
            parts.append(
                compare_rows(
                    f"labels of {model.model}",
                    _bag_of(model.labels(first, t.of(model.domain))),
                    _bag_of(model.labels(second, t.of(model.domain))),
                    _bag_of(labels),
                    _bag_of(theirs),
                )
            )
    parts += [
        compare_service(
            base.settings,
            other.settings,
            model.service,
            asked[model.model],
            t.of(model.domain),
        )
        for model in models
    ]
    parts += compare_views(base.settings, other.settings, t, base.release.as_of, draw)
    return parts


def _bag_of(table: pa.Table) -> Rows:
    return bag(row.values() for row in table.to_pylist())


def _require_same_raw(
    base: _World,
    first: duckdb.DuckDBPyConnection,
    second: duckdb.DuckDBPyConnection,
    t: AsOf,
) -> None:
    """Make sure that the two homes were told the same up to t: else the proof means nothing."""
    for domain in base.told:
        at = t.of(domain)
        for name in contracts_of.load(domain).tables:
            sql = (
                "SELECT * EXCLUDE (_batch_id, _source_file, _row_number, _ingested_at) "
                f"FROM lake.raw.{name} WHERE _known_at <= ? ORDER BY ALL"
            )
            if first.execute(sql, [at]).fetchall() != second.execute(sql, [at]).fetchall():
                raise ProofError(
                    f"The scratch homes do not agree in what raw.{name} knew by {at}: the sample "
                    "could not be told twice alike.",
                    remedy="this is an error of the proof, not of your data; try another --seed",
                )


def _mart_rows(
    whose: Mapping[str, str],
    first: duckdb.DuckDBPyConnection,
    second: duckdb.DuckDBPyConnection,
    t: AsOf,
) -> list[Moved]:
    """Compare every row of every mart that was known by t; and, for their power, the later ones."""
    tables = first.execute(
        "SELECT table_name FROM duckdb_columns() WHERE database_name = 'lake' "
        "AND schema_name = 'marts' AND column_name = 'created_timestamp' ORDER BY ALL"
    ).fetchall()
    parts = []
    for (name,) in tables:
        sql = f'SELECT * FROM lake.marts."{name}" WHERE created_timestamp {{}} ?'
        found = [
            bag(lake.execute(sql.format(sign), [t.of(whose[f"marts.{name}"])]).fetchall())
            for sign in ("<=", ">")
            for lake in (first, second)
        ]
        parts.append(compare_rows(f"mart {name}", *found))
    return parts
