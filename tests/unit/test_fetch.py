"""The frame of the doors: what is refused, what is told, what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from visitor_table import VisitorTable, newest

from tambo.cli.source import claim_doors
from tambo.errors import ContractError, SettingsError, SourceBusyError, SourceError
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.door import Page, State
from tambo.sources.doors import doors_of, find_door
from tambo.sources.fetch_state import door_folder, read_state
from tambo.sources.fetching import fetch, fetch_door, state_of
from tambo.sources.patience import Patience
from tambo.sources.twofold import is_twofold, local_time, never_second, not_between

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Handmade:
    """A door whose pages are given, and which may end in an error."""

    rows: tuple[pa.Table, ...] = ()
    error: Exception | None = None
    name: str = "handmade"
    domain: str = "tourism"
    table: str = "tourist_flow"
    description: str = "given pages"

    def missing(self, settings: Settings) -> str | None:
        return None

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        done = int(state.get("done") or 0)
        for number, rows in enumerate(self.rows[done:], done + 1):
            yield Page(rows, {"done": number}, notes=("a note",))
        if self.error is not None:
            raise self.error


def flow(*counts: int) -> pa.Table:
    start = datetime(2025, 3, 1)
    return pa.table(
        {
            "tourist_count": list(counts),
            "location": ['a, "b"\nc'] * len(counts),
            "timestamp": pa.array([start + HOUR * count for count in counts], pa.timestamp("us")),
        }
    )


def test_a_door_that_is_not_configured_says_what_to_set(tmp_path: Path):
    with pytest.raises(SettingsError, match="not configured: set TAMBO_VISITORS_DATABASE_URL"):
        fetch(Settings(home=tmp_path), "tourism", "visitors")


def test_doors_and_domains_that_are_none_are_refused_with_those_that_are():
    with pytest.raises(SourceError, match="'travel' has no doors") as told:
        doors_of("travel")
    assert "tourism" in (told.value.remedy or "")
    with pytest.raises(SourceError, match="no door 'none'") as told:
        find_door("tourism", "none")
    assert "visitors" in (told.value.remedy or "")


def test_one_fetch_of_a_door_at_a_time(tmp_path: Path):
    settings = Settings(home=tmp_path)

    class Nested(Handmade):
        def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
            with pytest.raises(SourceBusyError, match="is being fetched by another process"):
                fetch_door(settings, Handmade())
            yield Page(flow(1), {})

    assert fetch_door(settings, Nested()).loaded == 1


def test_what_came_before_an_error_is_taken_in_and_the_error_is_kept(tmp_path: Path):
    settings = Settings(home=tmp_path)
    failing = Handmade((flow(1, 2),), SourceBusyError("away.", remedy="later"))
    with pytest.raises(SourceBusyError):
        fetch_door(settings, failing)
    state = state_of(settings, failing)
    assert (state.history, state.ended_at, state.rows) == (True, None, 2)
    assert state.error == "SourceBusyError: away.\n  → later"
    assert len(newest(settings)) == 2
    done = fetch_door(settings, Handmade((flow(1, 2), flow(3))))
    assert (done.rows, done.notes) == (1, ("a note",))
    assert newest(settings)[-1] == ("2025-03-01 03:00:00", 'a, "b"\nc', 3)
    after = state_of(settings, failing)
    assert (after.history, after.error, after.rows) == (False, None, 3)


def test_pages_of_another_zone_are_not_taken_in(tmp_path: Path):
    lima, madrid = Settings(home=tmp_path), Settings(home=tmp_path, tourism_zone="Europe/Madrid")
    killed = Handmade((flow(1, 2),), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        fetch_door(lima, killed)
    # The page waits on the disk, and no lake knows of a zone yet.
    with pytest.raises(SettingsError, match="wrote its pages in the zone America/Lima"):
        fetch_door(madrid, Handmade())
    assert fetch_door(lima, Handmade()).loaded == 2
    with pytest.raises(SettingsError, match="were read in the zone America/Lima"):
        fetch_door(madrid, Handmade(name="another"))


def test_a_page_that_is_not_as_its_contract_is_the_doors_fault(tmp_path: Path):
    wrong = flow(1).rename_columns(["visitors", "location", "timestamp"])
    with pytest.raises(ContractError, match=r"lacks \['tourist_count'\] and has \['visitors'\]"):
        fetch_door(Settings(home=tmp_path), Handmade((wrong,)))


def test_a_time_with_a_fraction_is_left_to_the_contract(tmp_path: Path):
    settings = Settings(home=tmp_path)
    times = [datetime(2025, 3, 1), datetime(2025, 3, 1, 1, 0, 0, 5)]
    rows = flow(1, 2).set_column(2, "timestamp", pa.array(times, pa.timestamp("us")))
    done = fetch_door(settings, Handmade((rows,)))
    assert (done.loaded, done.quarantined) == (1, 1)


def test_a_state_that_is_none_says_what_to_do(tmp_path: Path):
    settings = Settings(home=tmp_path)
    folder = door_folder(settings, "tourism", "handmade")
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{")
    with pytest.raises(SourceError, match="is no state of a door") as told:
        fetch_door(settings, Handmade((flow(1),)))
    assert "remove it" in (told.value.remedy or "")
    assert read_state(tmp_path / "nothing").history


def test_doors_do_not_read_into_a_sample_world(tmp_path: Path):
    settings = Settings(home=tmp_path)
    fetch_door(settings, Handmade((flow(1),)))
    (tmp_path / "source.txt").write_text("the sample world (1500 travellers, 3 years, seed 7)\n")
    with pytest.raises(SettingsError, match="holds the sample world"):
        claim_doors(settings)
    (tmp_path / "source.txt").write_text("/data/drop\n")
    claim_doors(settings)
    (tmp_path / "source.txt").unlink()
    claim_doors(settings)
    assert (tmp_path / "source.txt").read_text() == "what doors read\n"


def command(home: Path, *arguments: str, **values: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.argv[1:] = {list(arguments)}; from tambo.cli import main; main()"
    env = {**os.environ, "TAMBO_HOME": str(home), **values}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env
    )


def test_the_command_lists_the_doors_and_fetches_those_that_are_configured(tmp_path: Path):
    table = VisitorTable(tmp_path / "v.db")
    table.put([("2025-03-01 00:00:00", "A", 1)])
    url = f"sqlite:///{table.path}"
    assert command(tmp_path, "fetch", "--afresh").returncode == 2
    done = command(tmp_path, "fetch", "tourism", TAMBO_VISITORS_DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert "visitors: 1 rows read, 1 loaded" in done.stdout
    assert "weather: not configured, set TAMBO_WEATHER_KEY" in done.stdout
    listed = command(tmp_path, "fetch").stdout
    assert "2025-03-01 05:00:00" in listed
    assert "TAMBO_WEATHER_KEY" in listed


@given(failed=st.integers(1, 40), asked=st.floats(0, 500))
def test_waits_grow_and_are_bounded(failed: int, asked: float):
    patience = Patience(first_seconds=0.5, longest_seconds=60)
    wait = patience.seconds(failed, asked)
    most = min(60.0, 0.5 * 2 ** (failed - 1))
    assert max(asked, most / 2) <= wait <= max(asked, most)


instants = st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 31))
zones = st.sampled_from(["Europe/Madrid", "America/Lima", "Australia/Lord_Howe", "America/Havana"])
changes = {
    "Europe/Madrid": datetime(2024, 10, 27, 1),
    "Australia/Lord_Howe": datetime(2024, 4, 6, 15),
    "America/Havana": datetime(2024, 11, 3, 5),
}


@given(instant=instants, zone=zones, near=st.timedeltas(timedelta(hours=-2), timedelta(hours=2)))
def test_borders_part_no_pair_of_equal_local_times(instant, zone, near):
    for at in (instant, changes.get(zone, instant) + near):
        local, second = local_time(at, zone)
        assert not local_time(not_between(at, zone), zone)[1]
        assert local_time(not_between(at, zone), zone)[0] == local
        later = never_second(at, zone)
        assert later >= at
        assert not local_time(later, zone)[1]
        if second:
            assert is_twofold(local, zone)
            assert not_between(at, zone) < at < later
            assert later - at <= HOUR
        else:
            assert not_between(at, zone) == at == later
        told = local.replace(tzinfo=ZoneInfo(zone), fold=int(second)).astimezone(UTC)
        assert told.replace(tzinfo=None) == at
