"""Two domains whose data end years apart: everything of each is judged at its own as_of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path

import dated_domains
import online_feast
import pyarrow as pa
import pytest
import ungated
from dated_domains import LAST, SHUT_FOR, TTL_DAYS

from tambo.as_of import AsOf
from tambo.errors import FeatureError, ReleaseError
from tambo.featurestore.online import OnlineReader, Reason, resolve
from tambo.featurestore.publish import Published, publish, read_published
from tambo.featurestore.store import open_store, repo_config
from tambo.lake import reader, releases
from tambo.lake.build import BuildResult, build
from tambo.lake.releases import Release
from tambo.proofs.leakage import TrainingRows, prove_leakage
from tambo.proofs.own_joins import prove_own_joins
from tambo.proofs.parity import prove_parity
from tambo.settings import Settings
from training.labels import LabelTable, read_labels
from training.splits import TimeSplit

pytestmark = pytest.mark.slow

MORE = LAST["early"] + timedelta(days=10)
"""Day of the newest count of `early` in the end."""


@dataclass
class Step:
    """One way from raw to what is online."""

    made: BuildResult
    release: Release
    published: Published


@dataclass
class Road:
    """A home that first knows `early`, then `late` as well, then more of `early`."""

    settings: Settings
    steps: list[Step]


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("apart")
    settings = Settings(home=folder / "home", root=folder / "project")
    with dated_domains.declared(settings.root):
        taken = [("early", None), ("late", None), ("early", LAST["early"])]
        steps = []
        for number, (domain, after) in enumerate(taken):
            dated_domains.take_in(settings, folder / f"raw{number}", domain, after=after)
            steps.append(Step(*dated_domains.go(settings)))
        yield Road(settings, steps)


def instants(early: date, late: date | None = None) -> AsOf:
    found = {"early": dated_domains.as_of("early", early)}
    if late is not None:
        found["late"] = dated_domains.as_of("late", late)
    return AsOf(found)


def test_each_domain_has_an_as_of_of_its_own(road: Road) -> None:
    expected = [
        instants(LAST["early"]),
        instants(LAST["early"], LAST["late"]),
        # Touching one domain moves its as_of alone.
        instants(MORE, LAST["late"]),
    ]
    assert [step.made.as_of for step in road.steps] == expected
    assert [step.release.as_of for step in road.steps] == expected
    assert [step.published.as_of for step in road.steps] == expected
    assert [row.as_of for row in releases.history(road.settings)] == expected[::-1]
    held = read_published(road.settings)
    assert held is not None
    assert held.as_of == expected[-1]
    with pytest.raises(
        ReleaseError, match=r"Nothing of travel is here; there is: early 2013-01-10 10:00, late"
    ):
        held.as_of.of("travel")


def test_a_domain_that_is_not_touched_is_not_written_again(road: Road) -> None:
    """Neither when the other joins, nor when the other goes on."""
    assert [step.made.incremental for step in road.steps] == [False, True, True]
    first, joined, more = (step.release.snapshot_id for step in road.steps)
    with reader(road.settings) as lake:
        for domain, start, end in (("early", first, joined), ("late", joined, more)):
            for schema, table in (
                ("marts", f"{domain}_flow"),
                ("intermediate", f"int_{domain}_facts"),
            ):
                changed = lake.execute(
                    f"SELECT count(*) FROM ducklake_table_changes('lake', '{schema}', '{table}', "
                    f"{start + 1}, {end})"
                ).fetchone()
                assert changed == (0,), table
        grown = lake.execute(
            f"SELECT count(*) FROM ducklake_table_changes('lake', 'marts', 'early_flow', "
            f"{joined + 1}, {more})"
        ).fetchone()
    assert grown is not None
    assert grown[0] >= 10


def window(domain: str, place: str, last: date | None = None) -> int:
    """Visitors of the 90 whole days before the day of as_of, and of that day."""
    first = dated_domains.as_of(domain, last).date() - timedelta(days=90)
    days = dated_domains.known_days(domain, place, last)
    return sum(dated_domains.visitors(place, day) for day in days if day >= first)


@pytest.mark.parametrize(("domain", "last"), [("early", MORE), ("late", None)])
def test_windows_end_at_the_domains_own_as_of(road: Road, domain: str, last: date | None) -> None:
    newest = (
        f"SELECT place, arg_max(visitors_90d, created_timestamp) FROM lake.marts.{domain}_flow "
        "GROUP BY place ORDER BY place"
    )
    with reader(road.settings, road.steps[-1].release.snapshot_id) as lake:
        found = lake.execute(newest).fetchall()
    assert found == [("open", window(domain, "open", last)), ("shut", 0)]
    assert window(domain, "open", last) > 1_000


@pytest.mark.parametrize(("domain", "last"), [("early", MORE), ("late", None)])
def test_labels_are_censored_at_the_domains_own_as_of(
    road: Road, domain: str, last: date | None
) -> None:
    end = dated_domains.as_of(domain, last)
    with reader(road.settings, road.steps[-1].release.snapshot_id) as lake:
        quiet = lake.execute(
            f"SELECT place, arg_max(quiet_days, event_timestamp), max(created_timestamp) "
            f"FROM lake.marts.label_{domain}_quiet GROUP BY place ORDER BY place"
        ).fetchall()
        own = road.steps[-1].release.as_of.of(domain)
        parts, bounds = TimeSplit().read(lake, flow(domain), own)
    shut = (end.date() - (LAST[domain] - timedelta(days=SHUT_FOR))).days
    assert quiet == [("open", 0, end), ("shut", shut, end)]
    assert bounds.as_of == end
    assert end - timedelta(days=dated_domains.DAYS) < bounds.test_start < end
    assert all(part.num_rows >= 20 for part in parts.values())


@pytest.mark.parametrize(("domain", "last"), [("early", MORE), ("late", None)])
def test_ttl_is_counted_to_the_domains_own_as_of(
    road: Road, domain: str, last: date | None
) -> None:
    store, release = open_store(road.settings), road.steps[-1].release
    own = dated_domains.as_of(domain, last).replace(tzinfo=UTC)
    manifest = resolve(store, f"{domain}_flow_v1", release=3, as_of=release.as_of)
    assert (manifest.domain, manifest.as_of) == (domain, own)
    asked = [{"place": "open"}, {"place": "shut"}]
    with OnlineReader.open(manifest, sqlite=road.settings.online_store) as online:
        served, expired = online.read(asked)
    name = f"{domain}_flow__visitors_90d"
    assert (served.release, served.as_of, served.asked_at) == (3, own, own)
    assert served.values[name] == window(domain, "open", last)
    assert expired.cells[name].reason is Reason.EXPIRED
    # The window moves on for 91 days after the last count.
    gone = timedelta(days=SHUT_FOR + (own.date() - LAST[domain]).days - 91)
    assert expired.cells[name].age_seconds == pytest.approx(
        gone.total_seconds() + 10 * 3_600, abs=86_400
    )
    assert gone > timedelta(days=TTL_DAYS)


def test_feasts_own_readers_judge_each_view_at_its_domain(road: Road) -> None:
    """Asked for views of both at once, which Feast's SDK and its HTTP server allow."""
    asked = ["early_flow:visitors_90d", "late_flow:visitors_90d"]
    answer = open_store(road.settings).get_online_features(
        asked, [{"place": "open"}, {"place": "shut"}], full_feature_names=True
    )
    found = answer.to_dict()
    assert found["early_flow__visitors_90d"] == [window("early", "open", MORE), None]
    assert found["late_flow__visitors_90d"] == [window("late", "open"), None]


def test_the_proofs_hold_for_both(road: Road) -> None:
    proof = prove_parity(road.settings, sample=100, seed=1)
    assert proof.failures == []
    assert proof.as_of == instants(MORE, LAST["late"])
    filled = {part.view: part.filled for part in (*proof.views, *proof.services)}
    # Of two keys one is served.
    assert filled == {"early_flow": 2, "late_flow": 2, "early_flow_v1": 2, "late_flow_v1": 2}
    joins = prove_own_joins(road.settings, keys=2, seed=1)
    assert {one.view: bool(one.filled) for one in joins} == {"early_flow": True, "late_flow": True}
    assert [one.differences for one in joins] == [(), ()]


def test_offline_at_the_others_as_of_early_is_long_expired(road: Road) -> None:
    """So with one as_of for all, which was the newest, nothing of `early` was ever served."""
    rows = {"place": ["open"], "event_timestamp": [dated_domains.as_of("late")]}
    table = pa.table(rows | {"event_timestamp": pa.array(rows["event_timestamp"])})
    job = open_store(road.settings).get_historical_features(
        table, ["early_flow:visitors", "late_flow:visitors"], full_feature_names=True
    )
    (row,) = job.to_arrow().to_pylist()
    assert row["early_flow__visitors"] is None
    assert row["late_flow__visitors"] > 0


def test_a_service_of_two_domains_is_refused(road: Road, tmp_path: Path) -> None:
    from feast import FeatureService, FeatureStore

    objects = dated_domains.definitions(road.settings)
    views = [one for one in objects if one.name in {"early_flow", "late_flow"}]
    both = FeatureService(name="both_v1", features=views)
    with pytest.raises(FeatureError, match="early_flow of early and late_flow of late") as caught:
        publish(road.settings, [*objects, both])
    assert "a service for each domain" in str(caught.value)
    registry = shutil.copyfile(road.settings.registry, tmp_path / "registry.db")
    release = road.steps[-1].release
    store = FeatureStore(config=repo_config(road.settings, release=release, registry=registry))
    store.registry.apply_feature_service(both, store.project)
    with pytest.raises(FeatureError, match="both_v1 joins views of several domains"):
        resolve(store, "both_v1", release=3, as_of=release.as_of)


def test_a_view_without_its_domain_is_refused_where_there_are_several(road: Road) -> None:
    objects = dated_domains.definitions(road.settings)
    view = next(one for one in objects if one.name == "late_flow")
    before, view.tags = view.tags, {}
    try:
        with pytest.raises(FeatureError, match="Feature view late_flow: It must be said of which"):
            publish(road.settings, objects)
    finally:
        view.tags = before
    assert read_published(road.settings) is not None, "what was online still is"


def test_the_wall_clock_is_one_for_all_domains(road: Road) -> None:
    """Then what ended in 2012 has expired; the answer still says what it is as of."""
    wall = road.settings.model_copy(update={"online_clock": "wall"})
    published = publish(wall, dated_domains.definitions(wall))
    assert published.as_of == road.steps[-1].published.as_of
    found = open_store(wall).get_online_features(["early_flow:visitors"], [{"place": "open"}])
    assert found.to_dict()["visitors"] == [None]
    manifest = resolve(open_store(wall), "early_flow_v1", release=3, as_of=published.as_of)
    with OnlineReader.open(manifest, sqlite=wall.online_store) as online:
        (row,) = online.read([{"place": "open"}])
    assert row.cells["early_flow__visitors"].reason is Reason.EXPIRED
    assert row.as_of == published.as_of.aware("early")
    assert row.asked_at > published.as_of.aware("late")
    publish(road.settings, dated_domains.definitions(road.settings))


def test_redis_is_brought_from_release_to_release_by_domain(road: Road, tmp_path: Path) -> None:
    objects = dated_domains.definitions(road.settings)
    with online_feast.redis_server(tmp_path) as (port, _):
        settings = road.settings.model_copy(
            update={"redis_url": f"redis://127.0.0.1:{port}/0", "home": tmp_path / "home"}
        )
        shutil.copytree(road.settings.home, settings.home)
        for number in (2, 3, 2):
            published = publish(settings, objects, release=number)
            assert published.as_of == road.steps[number - 1].release.as_of
            proof = prove_parity(settings, sample=100, seed=1)
            assert proof.as_of == published.as_of
            assert [part.mismatches for part in (*proof.views, *proof.services)] == [()] * 4
            assert sum(part.filled for part in proof.views) == 4


def test_no_other_future_of_either_moves_what_was_known(road: Road, tmp_path: Path) -> None:
    """Each domain is perturbed after an instant within its own data, and compared at it."""
    settings, models = road.settings, [training_rows(domain) for domain in LAST]
    proof = prove_leakage(
        settings, ungated.road, models, folder=tmp_path, rows=1_000, futures=1, seed=1
    )
    (future,) = proof.futures
    assert {domain: at.year for domain, at in future.t.by_domain.items()} == {
        "early": 2012,
        "late": 2025,
    }
    assert proof.leaks == []
    assert proof.powerless == []
    compared = {part.part for part in future.moved}
    for domain in LAST:
        assert {
            f"mart {domain}_flow",
            f"view {domain}_flow",
            f"labels of {domain}_flow",
            f"training rows of {domain}_flow_v1",
        } <= compared


def flow(domain: str) -> LabelTable:
    """Visitors so far as a label, of which every day says something new."""
    key = ("place", "event_timestamp")
    return LabelTable(f"marts.{domain}_flow", key, "visitors", timedelta(0))


def training_rows(domain: str) -> TrainingRows:
    return TrainingRows(
        model=f"{domain}_flow",
        domain=domain,
        service=f"{domain}_flow_v1",
        labels=lambda lake, known_by: read_labels(lake, flow(domain), known_by=known_by),
        entity_rows=lambda labels: labels.select(["place", "event_timestamp"]),
    )


def test_increments_give_what_a_build_from_nothing_gives(road: Road, tmp_path: Path) -> None:
    tables = [f"{domain}_flow" for domain in LAST] + [f"label_{domain}_quiet" for domain in LAST]
    settings = road.settings.model_copy(update={"home": tmp_path / "home"})
    shutil.copytree(road.settings.home, settings.home)
    before = {table: rows_of(settings, table) for table in tables}
    made = build(settings, full_refresh=True)
    assert made.as_of == instants(MORE, LAST["late"])
    assert {table: rows_of(settings, table) for table in tables} == before


def rows_of(settings: Settings, mart: str) -> list[tuple[object, ...]]:
    with reader(settings) as lake:
        return lake.execute(f"SELECT * FROM lake.marts.{mart} ORDER BY ALL").fetchall()
