"""`tambo fetch`: reads what has come at a door, keeps it safe page by page, and takes it in.

A page is on the disk before the state that says so, and leaves the disk after the lake has it. So
a fetch that is killed at any instant goes on behind the last page that is safe: a page without its
state is dropped and read again, and a page that was taken in and not removed is content that the
lake has, which is passed over.

What the first complete pass over a source brings is history: known at its own time plus the
contract's lag. That holds for the whole pass, however often it was interrupted. What comes
afterwards is known when it is taken in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

from filelock import FileLock, Timeout

from tambo.errors import SettingsError, SourceBusyError, SourceError, TamboError
from tambo.ingest import IngestReport, ingest
from tambo.lake import exists, reader
from tambo.lake.state import now
from tambo.lake.zones import check_zone
from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table, of_home
from tambo.sources.door import Door, Page
from tambo.sources.doors import find_door
from tambo.sources.fetch_state import FetchState, door_folder, read_state, write_state
from tambo.sources.page_file import write_page

HISTORY, LIVE = "history", "live"


@dataclass(frozen=True)
class Fetched:
    """What one fetch did.

    Attributes:
        domain: of the door.
        door: its name.
        pages: read in this fetch.
        rows: read in this fetch.
        loaded: records of them, or of pages that waited, that came into raw.
        repeats: records that the lake had already.
        quarantined: records that broke their contract.
        fetched_to: up to which instant the source has been read, naive UTC.
        notes: what the steward should know.
        seconds: it took.
    """

    domain: str
    door: str
    pages: int
    rows: int
    loaded: int
    repeats: int
    quarantined: int
    fetched_to: datetime | None
    notes: tuple[str, ...]
    seconds: float

    @property
    def up_to_date(self) -> bool:
        """Nothing came into the lake."""
        return self.loaded == 0 and self.quarantined == 0

    def line(self) -> str:
        """What it did, in a line."""
        until = "" if self.fetched_to is None else f", fetched to {self.fetched_to:%Y-%m-%d %H:%M}"
        return (
            f"{self.domain} {self.door}: {self.rows:,} rows read, {self.loaded:,} loaded, "
            f"{self.repeats:,} repeats, {self.quarantined:,} quarantined{until}"
        )


def fetch(
    settings: Settings,
    domain: str,
    name: str,
    progress: Progress = silent,
    *,
    afresh: bool = False,
) -> Fetched:
    """Read what has come at a door since the last fetch, and take it into the lake.

    Args:
        settings: the Tambo home.
        domain: of the door.
        name: of the door.
        progress: told how far it is.
        afresh: forget how far the source was read, and read it from its beginning; what the lake
            has already counts as repeats.

    Raises:
        SettingsError: the door is not configured, or its zone is not that of what it read before;
            says what to set.
        SourceError: there is no such door, or its source cannot be read.
        SourceBusyError: the source is away, or the door is being fetched; try again later.
        LockedError: another process writes the lake; what was read is safe, and waits.
    """
    return fetch_door(settings, find_door(domain, name), progress, afresh=afresh)


def fetch_door(
    settings: Settings, door: Door, progress: Progress = silent, *, afresh: bool = False
) -> Fetched:
    """Do as `fetch` does, with a door that is at hand."""
    started = perf_counter()
    missing = door.missing(settings)
    if missing is not None:
        raise SettingsError(
            f"The door {door.name} of {door.domain} is not configured: {missing}.",
            remedy="docs/doors.md says how each door is set up",
        )
    with _alone(settings, door) as folder:
        run = _Run(settings, door, folder, afresh=afresh)
        with run.remembering_errors():
            try:
                run.read(progress)
            except SourceError:
                # What is safe is of use, although the rest did not come.
                run.take_in(progress)
                raise
            run.take_in(progress)
    return run.fetched(perf_counter() - started)


@contextmanager
def _alone(settings: Settings, door: Door) -> Iterator[Path]:
    """Hold a door: two fetches of it would read the same rows."""
    folder = door_folder(settings, door.domain, door.name)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "fetch.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SourceBusyError(
            f"The door {door.name} of {door.domain} is being fetched by another process.",
            remedy="wait until that fetch ends; it takes what there is",
        ) from None
    try:
        yield folder
    finally:
        lock.release()


class _Run:
    """One fetch of one door, while its lock is held."""

    def __init__(self, settings: Settings, door: Door, folder: Path, *, afresh: bool) -> None:
        self._settings, self._door, self._folder = settings, door, folder
        self._state = read_state(folder)
        if afresh:
            # What is read again is a correction where it differs: known now, not long ago.
            self._state.door = {}
        self._pages = self._rows = 0
        self._loaded = self._repeats = self._quarantined = 0

    @contextmanager
    def remembering_errors(self) -> Iterator[None]:
        """Keep what went wrong, for whoever asks how the door is."""
        self._state.started_at, self._state.notes = now(), []
        try:
            yield
        except TamboError as error:
            self._state.error = f"{type(error).__name__}: {error}"
            write_state(self._folder, self._state)
            raise
        self._state.error = None
        write_state(self._folder, self._state)

    def read(self, progress: Progress) -> None:
        """Read the door to its end, each page on the disk before its state."""
        self._drop_unsafe()
        contracts = self._in_one_zone()
        table = contracts.tables[self._door.table]
        said = f"reading {self._door.name}"
        progress(said, 0, 0)
        for page in self._door.pages(self._settings, dict(self._state.door), progress):
            self._state.zone = contracts.zone
            self._keep(table, page)
            until = f" to {page.fetched_to:%Y-%m-%d %H:%M}" if page.fetched_to else ""
            progress(f"{said}{until}, {self._rows:,} rows", self._pages, 0)
        # An empty source has no history yet.
        self._state.history = self._state.history and self._state.rows == 0
        self._state.ended_at = now()
        write_state(self._folder, self._state)

    def _in_one_zone(self) -> Contracts:
        """The contracts of the door; refused where its pages or the lake are of another zone."""
        state, contracts = self._state, of_home(self._settings, self._door.domain)
        if exists(self._settings):
            with reader(self._settings) as connection:
                check_zone(self._settings, connection, contracts.domain)
        if state.zone not in {None, contracts.zone}:
            raise SettingsError(
                f"The door {self._door.name} wrote its pages in the zone {state.zone}, and "
                f"{contracts.zone} is set now.",
                remedy=f"put {state.zone} back, or delete {self._folder} to read the door anew",
            )
        return contracts

    def take_in(self, progress: Progress) -> None:
        """Take the pages on the disk into the lake, the first pass before later ones."""
        for kind in (HISTORY, LIVE):
            landed = sorted((self._folder / kind).glob("*.csv"))
            if landed:
                report = ingest(
                    self._settings, self._folder / kind, history=kind == HISTORY, progress=progress
                )
                self._count(report)
                for path in landed:
                    path.unlink()

    def fetched(self, seconds: float) -> Fetched:
        """What this fetch did."""
        return Fetched(
            domain=self._door.domain,
            door=self._door.name,
            pages=self._pages,
            rows=self._rows,
            loaded=self._loaded,
            repeats=self._repeats,
            quarantined=self._quarantined,
            fetched_to=self._state.fetched_to,
            notes=tuple(self._state.notes),
            seconds=seconds,
        )

    def _keep(self, table: Table, page: Page) -> None:
        state = self._state
        if page.rows.num_rows:
            state.page += 1
            kind = HISTORY if state.history else LIVE
            name = f"{table.name}_{self._door.name}_{state.page:010d}.csv"
            write_page(self._settings, self._folder / kind / name, table, page.rows)
        state.door = dict(page.state)
        state.rows += page.rows.num_rows
        state.fetched_to = page.fetched_to or state.fetched_to
        state.notes += [note for note in page.notes if note not in state.notes]
        write_state(self._folder, state)
        self._pages += 1
        self._rows += page.rows.num_rows

    def _drop_unsafe(self) -> None:
        """Remove a page whose state a kill has prevented: its rows are read again."""
        for path in self._folder.glob("*/*"):
            unfinished = path.suffix == ".part"
            if unfinished or _number(path) > self._state.page:
                path.unlink()

    def _count(self, report: IngestReport) -> None:
        for file in report.new:
            self._loaded += file.loaded.records
            self._repeats += file.repeat.records
            self._quarantined += file.quarantined.records


def _number(path: Path) -> int:
    """Number of the page in a file's name; 0 for a file that is none of ours."""
    number = path.stem.rpartition("_")[2]
    return int(number) if number.isdigit() else 0


def state_of(settings: Settings, door: Door) -> FetchState:
    """How far a door was read, for people; reads nothing but its state.

    Raises:
        SourceError: the state cannot be read.
    """
    return read_state(door_folder(settings, door.domain, door.name))
