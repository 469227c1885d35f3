"""Publishing puts each key's latest known row online, and nothing else, in both stores."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from feature_lake import INSTANTS, day, release, write
from online_feast import redis_server

from tambo.errors import OnlineStoreError, ReleaseError
from tambo.settings import Settings

BIG = 2**53 + 1
COLUMNS = (
    "number BIGINT, event_timestamp TIMESTAMP, created_timestamp TIMESTAMP, x DOUBLE, n BIGINT"
)


def definitions():
    from feast import Entity, FeatureView, Field, ValueType
    from feast.types import Float64, Int64

    from tambo.featurestore.source import DuckLakeSource

    number = Entity(name="number", value_type=ValueType.INT64)

    def view(name):
        return FeatureView(
            name=name,
            entities=[number],
            ttl=timedelta(0),
            source=DuckLakeSource(
                table=f"marts.{name}", created_timestamp_column="created_timestamp", records=True
            ),
            schema=[
                Field(name="number", dtype=Int64),
                Field(name="x", dtype=Float64),
                Field(name="n", dtype=Int64),
            ],
        )

    return [number, view("stays"), view("trips")]


def row(number, event, created, x, n):
    cells = ["NULL" if cell is None else str(cell) for cell in (x, n)]
    return f"({number}, '{day(event)}', '{day(created)}', {', '.join(cells)})"


def fill(settings, name, *rows):
    write(
        settings,
        f"CREATE OR REPLACE TABLE lake.marts.{name} ({COLUMNS})",
        f"INSERT INTO lake.marts.{name} VALUES {', '.join(rows)}",
    )


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    """URLs of empty databases of one server."""
    with redis_server(tmp_path_factory.mktemp("redis")) as (port, _):
        yield (f"redis://127.0.0.1:{port}/{number}" for number in range(16))


@pytest.fixture(params=["sqlite", "redis"])
def home(request, tmp_path):
    url = next(request.getfixturevalue("redis")) if request.param == "redis" else None
    return released(Settings(home=tmp_path / "home", redis_url=url))


def released(settings):
    """Release 1: a corrected row, a late one, a null beside a large number; 3 is only in stays."""
    fill(
        settings,
        "stays",
        row(1, 1, 1, 1.0, 10),
        row(1, 5, 6, 2.0, BIG),
        row(1, 5, 9, 3.0, BIG),
        row(2, 5, 6, 4.0, None),
        row(3, 5, 6, 5.0, 50),
    )
    fill(settings, "trips", row(1, 1, 1, 7.0, 70))
    release(settings, 1)
    return settings


def online(settings, view="stays", numbers=(1, 2, 3)):
    from tambo.featurestore.store import open_store

    store = open_store(settings)
    got = store.get_online_features(
        [f"{view}:x", f"{view}:n"], [{"number": number} for number in numbers]
    ).to_dict()
    return list(zip(got["x"], got["n"], strict=True))


def publish(settings, number=None, objects=None, progress=None):
    from tambo.featurestore import publish as module

    kwargs = {} if progress is None else {"progress": progress}
    return module.publish(settings, objects or definitions(), release=number, **kwargs)


def test_the_latest_known_row_of_each_key_is_online_and_exact(home):
    published = publish(home)
    assert online(home) == [(3.0, BIG), (4.0, None), (5.0, 50)]
    assert online(home, "trips") == [(7.0, 70), (None, None), (None, None)]
    assert published.views == {"stays": 3, "trips": 1}
    assert (published.release, published.as_of) == (1, INSTANTS)


def test_nothing_is_redone_when_nothing_changed(home):
    first = publish(home)
    again = publish(home)
    assert (first.up_to_date, again.up_to_date) == (False, True)
    assert again.views == first.views
    views = definitions()
    views[1].ttl = timedelta(days=1)
    assert not publish(home, objects=views).up_to_date


def test_permissions_of_ours_that_are_gone_are_gone_and_those_of_others_stay(home):
    from feast.permissions.permission import Permission
    from feast.permissions.policy import RoleBasedPolicy

    from tambo.featurestore.definitions import OURS
    from tambo.featurestore.store import open_store

    def grant(name, **tags):
        return Permission(name=name, policy=RoleBasedPolicy(roles=["reader"]), tags=tags)

    publish(home, objects=[*definitions(), grant("old", **OURS), grant("kept", **OURS)])
    open_store(home).apply([grant("theirs")])
    publish(home, objects=[*definitions(), grant("kept", **OURS)])
    assert {one.name for one in open_store(home).list_permissions()} == {"kept", "theirs"}


def test_a_new_release_corrects_clears_and_removes(home):
    publish(home)
    fill(
        home,
        "stays",
        # A correction at the same event time; an all-null row: everything was withdrawn.
        row(1, 5, 9, 3.0, BIG),
        row(1, 5, 20, 3.5, BIG),
        row(2, 5, 21, None, None),
    )
    release(home, 2)
    assert publish(home).release == 2
    assert online(home) == [(3.5, BIG), (None, None), (None, None)]
    assert online(home, "trips") == [(7.0, 70), (None, None), (None, None)]


def test_an_older_release_is_published_when_asked_for(home):
    publish(home)
    fill(home, "stays", row(1, 30, 30, 9.0, 9), row(4, 30, 30, 9.0, 9))
    release(home, 2)
    publish(home)
    assert online(home, numbers=(1, 3, 4)) == [(9.0, 9), (None, None), (9.0, 9)]
    assert not publish(home, number=1).up_to_date
    assert online(home, numbers=(1, 3, 4)) == [(3.0, BIG), (5.0, 50), (None, None)]


def test_what_is_known_only_after_as_of_stays_out(home):
    fill(home, "stays", row(1, 1, 1, 1.0, 1), row(1, 2, 400, 2.0, 2))
    release(home, 2)
    publish(home)
    assert online(home, numbers=(1,)) == [(1.0, 1)]


def test_a_run_that_is_killed_leaves_what_was_there(home):
    from tambo.featurestore.publish import read_published

    publish(home)
    fill(home, "stays", row(1, 30, 30, 9.0, 9))
    release(home, 2)

    class KilledError(Exception):
        pass

    def kill(message, done, total):
        if done == 1:
            raise KilledError

    with pytest.raises(KilledError):
        publish(home, progress=kill)
    assert online(home) == [(3.0, BIG), (4.0, None), (5.0, 50)]
    assert read_published(home).release == 1
    assert publish(home).release == 2
    assert online(home) == [(9.0, 9), (None, None), (None, None)]


def test_a_view_that_is_gone_leaves_registry_and_store(home):
    from tambo.featurestore.store import open_store

    publish(home)
    publish(home, objects=definitions()[:2])
    store = open_store(home)
    assert [view.name for view in store.list_feature_views()] == ["stays"]
    if home.redis_url is None:
        with sqlite3.connect(home.online_store) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        assert not [name for name in names if "trips" in name]


def test_an_unreachable_redis_and_a_missing_release_are_named(tmp_path):
    settings = released(Settings(home=tmp_path, redis_url="redis://:secret@127.0.0.1:1/0"))
    with pytest.raises(OnlineStoreError, match="does not answer") as error:
        publish(settings)
    assert "secret" not in str(error.value)
    with pytest.raises(ReleaseError, match="no release 9"):
        publish(settings, number=9)
