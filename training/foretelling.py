"""`tambo foretell`: answers that are due, made out of time, and kept as raw lines for good.

An origin is answered once. What was told of it stays, whatever a correction, a newer model or newer
code would say. So origins up to the newest of which anything was told are never asked again.

When a line became known: those of the first run stand for a past in which nobody asked. They are
known at their origins, as history is (DESIGN 2a, rule 1): nothing that became known later is in
them. From then on answers are served, so a line is known when it could first be: at the as_of of
the release that it was computed at, which is after its origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from tambo.lake import exists, reader
from tambo.lake.releases import Release
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists
from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.dated_files import DatedFile, alone, land, take_in
from training.foretold import Foretold
from training.out_of_time import Answered, answer_origins

PREDICTED_AT = "predicted_at"


@dataclass(frozen=True)
class Told:
    """What was foretold.

    Attributes:
        table: the raw table.
        origins: that were due.
        answered: origins that were answered; the others had too few labels.
        lines: that came into raw.
        newest: newest origin of which anything was told, ever; None: there is none.
    """

    table: str
    origins: int
    answered: int
    lines: int
    newest: datetime | None

    @property
    def up_to_date(self) -> bool:
        """Nothing came into the lake."""
        return self.lines == 0

    def line(self) -> str:
        """One line for people."""
        until = "none yet" if self.newest is None else f"newest of {self.newest:%Y-%m-%d}"
        if self.up_to_date:
            why = "too few labels" if self.origins else "nothing due"
            return f"{self.table}: {why}, {until}"
        return f"{self.table}: {self.lines:,} lines of {self.answered:,} origins, {until}"


def foretell(
    settings: Settings, foretold: Foretold, release: Release, progress: Progress = silent
) -> Told:
    """Answer what is due at a release, and take the answers into the lake.

    Args:
        settings: the Tambo home.
        foretold: what is asked.
        release: what is known; its definitions are in Feast's registry.
        progress: told each origin.

    Raises:
        SourceBusyError: another process does the same.
        LockedError: another process is writing; the answers are safe, and come in next time.
        TrainingError: the model's features hold what it is to foretell.
        FeatureError: the features cannot be had at that release.
    """
    domain, table = foretold.domain, foretold.table
    with alone(settings, domain, table):
        left = take_in(settings, domain, table)
        newest = newest_origin(settings, table)
        due = _due(settings, foretold, release, newest)
        answered = list(answer_origins(settings, foretold, release, due, progress))
        lines = 0 if left is None else left.loaded
        if answered:
            as_of = None if newest is None else release.as_of.of(domain)
            files = [_file(foretold, release, one, as_of) for one in answered]
            land(settings, domain, table, files)
            report = take_in(settings, domain, table)
            lines += 0 if report is None else report.loaded
        newest = newest_origin(settings, table)
    return Told(table, len(due), len(answered), lines, newest)


def newest_origin(settings: Settings, table: str) -> datetime | None:
    """Newest origin of which anything was told; None: nothing was."""
    if not exists(settings):
        return None
    with reader(settings) as connection:
        if not table_exists(connection, f"raw.{table}"):
            return None
        row = connection.execute(
            f"SELECT max({PREDICTED_AT}) FROM lake.raw.{ident(table)}"
        ).fetchone()
    return None if row is None else row[0]


def _due(
    settings: Settings, foretold: Foretold, release: Release, newest: datetime | None
) -> list[datetime]:
    """Origins after the newest that was told, or after the first label, up to the release's."""
    until = release.as_of.of(foretold.domain)
    if newest is None:
        label = foretold.spec.label
        with reader(settings, release.snapshot_id) as connection:
            row = connection.execute(
                f"SELECT min(event_timestamp) FROM {label.source} "
                f"WHERE {ident(label.label)} IS NOT NULL"
            ).fetchone()
        newest = None if row is None else row[0]
    return [] if newest is None else foretold.origins(newest, until)


def _file(
    foretold: Foretold, release: Release, answered: Answered, as_of: datetime | None
) -> DatedFile:
    """The lines of one origin, and when they became known."""
    number = answered.units.num_rows
    rows = answered.units
    for name, values in {
        PREDICTED_AT: pa.array([answered.origin] * number, pa.timestamp("us")),
        foretold.value: pa.array(answered.answers.round(2), pa.float64()),
        "estimator": pa.array([answered.estimator] * number, pa.string()),
        "release": pa.array([release.number] * number, pa.int64()),
    }.items():
        rows = rows.append_column(name, values)
    name = f"{foretold.table}_{answered.origin:%Y-%m-%dT%H%M}"
    return DatedFile(name, answered.origin if as_of is None else as_of, rows)
