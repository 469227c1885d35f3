"""Local hours come back as the instants they were, in any zone, bad lines and corrections or not."""

from __future__ import annotations

import csv
import os
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo, available_timezones

from hourly_domain import HEADER, declared
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ingest_files import new_home, query, write

from tambo.ingest import ingest, quarantine, replay, reports
from tambo.ingest.zones import clock_changes
from tambo.settings import Settings

EXAMPLES = int(os.environ.get("TAMBO_TEST_EXAMPLES", "2"))
HALF_HOUR = timedelta(minutes=30)
# A zone, and an instant around which its clocks went back.
NIGHTS = {
    "sampa": ("America/Sao_Paulo", datetime(2018, 2, 18, 2)),
    "berlin": ("Europe/Berlin", datetime(2021, 10, 31, 1)),
    "johns": ("America/St_Johns", datetime(2000, 10, 29, 2, 31)),
    "howe": ("Australia/Lord_Howe", datetime(2018, 3, 31, 15)),
    "lima": ("America/Lima", datetime(1994, 4, 1, 4)),
}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(available_timezones())), st.integers(1910, 2037))
def test_changes_are_those_of_the_time_zone_database(zone: str, year: int) -> None:
    info, local = ZoneInfo(zone), datetime(year, 1, 1)
    changes = clock_changes(zone, date(year, 1, 1), date(year, 12, 31)).to_pylist()
    while local.year == year:
        first, second = (local.replace(tzinfo=info, fold=fold).utcoffset() for fold in (0, 1))
        assert first is not None
        assert second is not None
        found = [
            c for c in changes if c["day"] == local.date() and c["starts"] <= local < c["ends"]
        ]
        expected = [] if first == second else [(first > second, abs(first - second))]
        assert [(c["twice"], timedelta(microseconds=c["shift"])) for c in found] == expected
        local += HALF_HOUR


def series(rng: random.Random, domain: str) -> list[tuple[str, datetime, int]]:
    """Place, instant and count: half-hours of some places, each in order, the places mixed."""
    _, change = NIGHTS[domain]
    start = change - rng.randint(2, 8) * HALF_HOUR
    hours = [start + n * HALF_HOUR for n in range(rng.randint(4, 20))]
    left = {place: list(hours) for place in "ABC"}
    rows = []
    while any(left.values()):
        place = rng.choice([place for place, rest in left.items() if rest])
        rows.append((place, left[place].pop(0), rng.randint(0, 2)))
    return rows


def local(domain: str, instant: datetime) -> str:
    zone = ZoneInfo(NIGHTS[domain][0])
    return f"{instant.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def correct(home: Settings, path: Path, rng: random.Random) -> None:
    """Mend some bad counts by hand; the others stay as they are."""
    for number, file in enumerate(quarantine.export(home, path).files):
        header, *lines = csv.reader(file.read_text().splitlines())
        for line in lines:
            line[-1] = line[-1].strip("!" if number or rng.random() < 0.5 else "")
        mended = file.with_stem(file.stem + "-mended")
        with mended.open("w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([header, *lines])
        replay(home, file=mended)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)
@given(st.integers(0, 10**9))
def test_a_series_comes_back_at_its_instants(seed: int) -> None:
    rng = random.Random(seed)
    with TemporaryDirectory() as place:
        base = Path(place)
        home = new_home(base / "home")
        zones = {domain: zone for domain, (zone, _) in NIGHTS.items()}
        truth = {domain: series(rng, domain) for domain in NIGHTS}
        for domain, rows in truth.items():
            bad = {n for n in range(len(rows)) if rng.random() < 0.2}
            lines = [
                f"{where},{local(domain, at)},{count}{'!' if n in bad else ''}"
                for n, (where, at, count) in enumerate(rows)
            ]
            write(base / "raw" / f"{domain}_counts.csv", HEADER, *lines)
        with declared(base / "sources", zones):
            ingest(home, base / "raw")
            if quarantine.lines(home):
                correct(home, base / "fix.csv", rng)
            assert all(file.conserved for file in reports(home))
            left = dict.fromkeys(NIGHTS, 0)
            for line in quarantine.lines(home):
                assert line.reason == "not_a_number"
                left[line.domain] += 1
            for domain, rows in truth.items():
                columns = "place, counted_at, visitors"
                found = query(home, f"SELECT {columns} FROM lake.raw.{domain}_counts")
                assert set(found) <= set(rows)
                assert len(found) == len(set(found)) == len(rows) - left[domain]
