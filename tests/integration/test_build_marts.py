"""`build`: what it writes, when it does nothing, and that it ends alike after every mishap."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from marts_check import Marts, check_against_oracle, contents
from marts_world import RawLake, changed, flight, hotel, user

from tambo.as_of import AsOf
from tambo.catalogue.dbt_docs import build_docs
from tambo.errors import BuildError, LakeError
from tambo.lake import dbt_runner, reader, writer
from tambo.lake.build import BuildResult, build
from tambo.settings import Settings

# One worker builds the lake that all of these start from.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("build")]

EARLY = datetime(1970, 1, 1)
START = datetime(2024, 3, 1, 12)


def trips(first: int, count: int, start: datetime = START) -> list:
    """Legs out of some trips, one a day, known a day later."""
    return [
        flight(
            number,
            start + timedelta(days=number + 1),
            booked_at=start + timedelta(days=number),
            price=Decimal(100 + number),
        )
        for number in range(first, first + count)
    ]


@dataclass
class Built:
    """A lake with one traveller, three trips and a stay, built once for all tests."""

    raw: RawLake
    made: BuildResult
    heard: list[tuple[str, int, int]]


FRESHNESS = ["source", "freshness", "--select", "source:travel"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    raw = RawLake(Settings(home=tmp_path_factory.mktemp("built") / "home")).create()
    raw.load([user(1, EARLY)], trips(0, 3), [hotel(0, START + timedelta(days=1), booked_at=START)])
    heard: list[tuple[str, int, int]] = []
    made = build(raw.settings, progress=lambda *told: heard.append(told))
    return Built(raw, made, heard)


@pytest.fixture
def lake(built: Built, tmp_path: Path) -> RawLake:
    """A copy of the built lake, to be changed."""
    shutil.copytree(built.raw.settings.home, tmp_path / "home")
    settings = Settings(home=tmp_path / "home")
    return RawLake(settings, stored=list(built.raw.stored), batches=built.raw.batches)


def test_a_build_tells_what_it_made(built: Built) -> None:
    made, heard = built.made, built.heard
    assert (made.build_id, made.up_to_date, made.incremental) == (1, False, False)
    # The newest thing known: the third trip, a day after its booking.
    assert made.as_of == AsOf({"travel": START + timedelta(days=3)})
    assert made.row_counts["marts.label_flight_price"] == 3
    assert made.dbt_invocation
    assert "fare_prices" in {name for name, _, _ in heard}
    assert heard[-1][1] == heard[-1][2] == len(heard)

    with reader(built.raw.settings, made.snapshot_id) as pinned:
        count = pinned.execute("SELECT count(*) FROM lake.marts.label_flight_price").fetchone()
        builds = pinned.execute("SELECT count(*) FROM lake.audit.builds").fetchone()
    assert count == (3,)
    assert builds == (0,), "a build's row comes after the snapshot it names"


def test_with_nothing_new_it_rests(built: Built) -> None:
    again = build(built.raw.settings)
    assert again.up_to_date
    assert again.snapshot_id == built.made.snapshot_id
    assert again.row_counts == built.made.row_counts


def test_news_are_appended_also_after_a_killed_build(lake: RawLake) -> None:
    before = contents(lake.settings)["marts.fare_prices"]
    lake.load(trips(3, 2))
    # As a build leaves it that is killed before it has written its row.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tambo.lake.build_log.finish", _killed)
        with pytest.raises(KeyboardInterrupt):
            build(lake.settings)
    made = build(lake.settings)
    assert made.incremental
    assert not made.up_to_date
    assert set(before) < set(contents(lake.settings)["marts.fare_prices"])
    check_against_oracle(Marts(lake.settings), lake.stored, [made.as_of.of("travel")])


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_failed_test_names_rows_and_sql_and_leaves_no_trace(lake: RawLake, built: Built) -> None:
    before = contents(lake.settings)
    bad = changed(trips(0, 1)[0], START + timedelta(days=4), flightType="balloon")
    (batch,) = lake.load([bad])
    with pytest.raises(BuildError) as caught:
        build(lake.settings)
    message = str(caught.value)
    assert "accepted_values_stg_flights_flight_type" in message
    assert "balloon" in message
    assert Path(message.split("SQL: ")[1].splitlines()[0]).exists()
    assert "tambo build" in message

    lake.withdraw(batch)
    made = build(lake.settings)
    assert made.build_id == built.made.build_id + 1
    assert not made.incremental, "the failed build may have left tables of two states"
    assert contents(lake.settings) == before


def test_a_raw_row_that_stands_twice_fails_the_build(lake: RawLake) -> None:
    with writer(lake.settings, "test") as connection:
        connection.execute(
            "INSERT INTO lake.raw.flights SELECT * FROM lake.raw.flights ORDER BY date LIMIT 1"
        )
    with pytest.raises(BuildError, match="unique_combination_stg_flights_batch_id__row_number"):
        build(lake.settings, full_refresh=True)


def test_everything_is_built_when_the_last_snapshot_is_gone(lake: RawLake, built: Built) -> None:
    lake.load(trips(3, 2))
    with writer(lake.settings, "test") as connection:
        connection.execute(
            f"CALL ducklake_expire_snapshots('lake', versions => [{built.made.snapshot_id}])"
        )
    made = build(lake.settings)
    assert not made.incremental
    check_against_oracle(Marts(lake.settings), lake.stored, [made.as_of.of("travel")])


def test_a_new_domain_is_a_folder_and_skipped_while_it_has_no_raw_tables(
    lake: RawLake, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    shutil.copytree(lake.settings.root / "dbt", root / "dbt")
    staging = root / "dbt/models/rail/staging"
    staging.mkdir(parents=True)
    source = {"name": "rail", "database": "lake", "schema": "raw", "tables": [{"name": "trains"}]}
    (staging / "__sources.yml").write_text(yaml.safe_dump({"sources": [source]}))
    (staging / "stg_trains.sql").write_text("select * from {{ source('rail', 'trains') }}")
    made = build(Settings(home=lake.settings.home, root=root))
    assert made.ready.skipped == dict.fromkeys(("fleet", "rail", "tourism"), "no raw files")
    assert (made.up_to_date, made.incremental) == (False, False), "the project has changed"

    with writer(lake.settings, "test") as connection:
        columns = "_known_at TIMESTAMP, _event_at TIMESTAMP"
        connection.execute(f"CREATE TABLE lake.raw.trains ({columns})")
    joined = build(Settings(home=lake.settings.home, root=root))
    assert joined.ready.skipped == dict.fromkeys(("fleet", "tourism"), "no raw files")
    assert joined.incremental, "travel stands on the last build, and rail is built from nothing"
    # Nothing is known of rail: its one table is empty.
    assert joined.as_of == AsOf({"rail": EARLY, "travel": made.as_of.of("travel")})

    with writer(lake.settings, "test") as connection:
        connection.execute("ALTER TABLE lake.raw.trains RENAME TO retired")
    left = build(Settings(home=lake.settings.home, root=root))
    assert (left.incremental, left.as_of) == (True, made.as_of)
    with writer(lake.settings, "test") as connection:
        connection.execute("ALTER TABLE lake.raw.retired RENAME TO trains")
    back = build(Settings(home=lake.settings.home, root=root))
    assert (back.incremental, back.as_of) == (False, joined.as_of), "its tables may be of old"


def test_dbt_alone_builds_everything(lake: RawLake, built: Built) -> None:
    before = contents(lake.settings)
    dbt_runner.run(
        lake.settings,
        ["run", "--select", "path:models/travel"],
        variables={"as_of": str(built.made.as_of.of("travel"))},
    )
    assert contents(lake.settings) == before


def test_nothing_to_build_is_said(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with pytest.raises(LakeError, match="no lake"):
        build(settings)
    with writer(settings, "test"):
        pass
    with pytest.raises(BuildError, match="no raw table"):
        build(settings)
    RawLake(settings).create()
    with pytest.raises(BuildError, match="are empty"):
        build(settings)


def test_dbt_unit_tests_pass(built: Built) -> None:
    settings = built.raw.settings
    run = dbt_runner.run(settings, ["test", "--select", "test_type:unit,path:models/travel"])
    written = (path.read_text() for path in (settings.root / "dbt/models/travel").rglob("*.yml"))
    assert run.tests == sum(len(yaml.safe_load(text).get("unit_tests", ())) for text in written)


def test_sources_are_fresh_at_as_of(built: Built) -> None:
    settings, as_of = built.raw.settings, built.made.as_of.of("travel")
    late = str(as_of + timedelta(days=100))
    # One instant for all domains, or one for each; freshness asks for that of the table's domain.
    for fresh in (str(as_of), {"fleet": late, "travel": str(as_of)}):
        dbt_runner.run(settings, FRESHNESS, variables={"as_of": fresh})
    for stale in (late, {"fleet": str(as_of), "travel": late}):
        with pytest.raises(BuildError, match="flights"):
            dbt_runner.run(settings, FRESHNESS, variables={"as_of": stale})


def test_a_model_of_a_domain_without_as_of_is_refused(built: Built) -> None:
    with pytest.raises(BuildError, match="no as_of is given for travel, only for fleet"):
        dbt_runner.run(
            built.raw.settings,
            ["compile", "--select", "place_demand"],
            variables={"as_of": {"fleet": "2024-01-01"}},
        )


def test_docs_are_one_page(built: Built, tmp_path: Path) -> None:
    page = build_docs(built.raw.settings, tmp_path / "docs")
    assert list((tmp_path / "docs").iterdir()) == [page]
    text = page.read_text()
    assert "One row per fare (route, class, agency)" in text
    assert "Raw tables, what is made of them" in text
    assert "| Origin | raw.flights: The company's booking system |" in text
    assert "| Time range | nothing is released yet |" in text
    # dbt's page loads nothing from elsewhere, and reports its readers only if this is true.
    assert '"send_anonymous_usage_stats": false' in text
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=.?(?:https?:)?//", text)
