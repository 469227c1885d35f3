"""Increments write what changed and nothing else; readers see one release, whenever it is killed."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import feature_lake
import half_written
import online_world
import pandas as pd
import pytest
from online_feast import redis_server
from online_world import BATCH, VIEWS, N, definitions, expected

from tambo.errors import OnlineStoreError
from tambo.featurestore import engine, latest
from tambo.featurestore.online import OnlineReader, resolve
from tambo.featurestore.publish import publish
from tambo.featurestore.store import PROJECT, open_store
from tambo.settings import Settings

ALL = range(N + 100)


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def home(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    settings = Settings(home=folder / "home")
    online_world.two_releases(settings)
    if request.param == "sqlite":
        yield settings
        return
    with redis_server(folder) as (port, _):
        yield settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})


@pytest.fixture(scope="module")
def undisturbed(home):
    """What is stored when nothing is killed."""
    publish(home, definitions(), release=1)
    publish(home, definitions(), release=2)
    return content(home)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(engine, "BATCH_ROWS", BATCH)
    monkeypatch.setattr(latest, "AT_ONCE", BATCH)


def reader_of(home):
    manifest = resolve(open_store(home), "both_v1", release=1, as_of=feature_lake.INSTANTS)
    return OnlineReader.open(manifest, sqlite=home.online_store, redis_url=home.redis_url)


def check(reader, codes, release=None):
    """Each value is that of the release which the answer names, in both views."""
    rows = reader.read([{"number": code} for code in codes])
    numbers = {row.release for row in rows}
    assert len(numbers) == 1
    (found,) = numbers
    assert release in {None, found}
    wrong = [
        (code, view, row.values[f"{view}__x"])
        for code, row in zip(codes, rows, strict=True)
        for view in VIEWS
        if row.values[f"{view}__x"] != expected(found, code)
    ]
    assert not wrong, (found, wrong[:5])
    return found


def content(home):
    """All that is stored, without the number of the publication that wrote it."""
    if home.redis_url is None:
        with closing(sqlite3.connect(home.online_store)) as connection:
            return {
                view: connection.execute(
                    "SELECT entity_key, feature_name, value, event_ts, created_ts, event_us, "
                    f"created_us FROM {PROJECT}_{view} ORDER BY 1, 2"
                ).fetchall()
                for view in VIEWS
            }
    import redis

    from tambo.featurestore.online.stamp import read_stamp

    client = redis.Redis.from_url(home.redis_url)
    found = {}
    for key in client.scan_iter(count=10_000):
        if not key.startswith(b"tambo:"):
            fields = client.hgetall(key)
            found[key] = {
                name: read_stamp(value)._replace(publication=0)
                if name.startswith(b"_ts:")
                else value
                for name, value in fields.items()
            }
    return found


def publications(home):
    """Which publication wrote the row of each key in the first view."""
    if home.redis_url is None:
        with closing(sqlite3.connect(home.online_store)) as connection:
            return [
                row[0]
                for row in connection.execute(f"SELECT tambo_publication FROM {PROJECT}_stays")
            ]
    import redis

    from tambo.featurestore.online.stamp import read_stamp

    client = redis.Redis.from_url(home.redis_url)
    keys = [key for key in client.scan_iter(count=10_000) if not key.startswith(b"tambo:")]
    return [read_stamp(client.hget(key, "_ts:stays")).publication for key in keys]


def test_an_increment_ends_as_a_full_publication_does(home, undisturbed):
    publish(home, definitions(), release=1)
    views = definitions()
    views[1].tags = {"other": "definitions"}  # these are written in full
    publish(home, views)
    assert publications(home).count(max(publications(home))) == N
    assert content(home) == undisturbed


def test_an_increment_writes_what_changed(home):
    first = publish(home, definitions(), release=1)
    assert first.views == dict.fromkeys(VIEWS, N)
    assert len(set(publications(home))) == 1
    with reader_of(home) as reader:
        check(reader, ALL, 1)
        second = publish(home, definitions())
        assert second.views == dict.fromkeys(VIEWS, N)  # 100 came, 100 went
        check(reader, ALL, 2)
    written = publications(home)
    assert len(written) == N
    changed = 2_600 + 100
    assert written.count(max(written)) == changed


def poll(home, stop, failures, seen):
    """Read through the reader until told to stop."""
    dice = random.Random(3)
    with reader_of(home) as reader:
        while not stop.is_set():
            try:
                seen.append(check(reader, [dice.choice(ALL) for _ in range(40)]))
            except Exception as error:
                failures.append(error)
                return


def poll_feast(home, stop, failures, _):
    """Read through Feast's SDK until told to stop."""
    store = open_store(home)
    codes = list(range(0, N + 100, 61))
    service = store.get_feature_service("both_v1")
    rows = [{"number": code} for code in codes]
    known = [[expected(number, code) for code in codes] for number in (1, 2)]
    while not stop.is_set():
        answer = store.get_online_features(service, rows, full_feature_names=True).to_dict()
        failures += [view for view in VIEWS if answer[f"{view}__x"] not in known]


def test_readers_see_one_release_while_another_is_published(home):
    publish(home, definitions(), release=1)
    shared = stop, failures, seen = threading.Event(), [], []
    threads = [
        threading.Thread(target=one, args=(home, *shared)) for one in (poll, poll, poll_feast)
    ]
    for thread in threads:
        thread.start()
    try:
        for number in (2, 1, 2):
            publish(home, definitions(), release=number)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert set(seen) == {1, 2}


CHILD = """
import os, signal, sys
sys.path[:0] = {path!r}
from tambo.featurestore import engine, publish, publish_redis, publish_sqlite
from tambo.featurestore.stores import redis, sqlite, wire
from tambo.settings import Settings
from online_world import BATCH, definitions
engine.BATCH_ROWS = BATCH
settings = Settings(home={home!r}, redis_url={url!r})
publish.publish(settings, definitions(), release=1)
holder, name, count, after = {step!r}
owner = eval(holder)
original, calls = getattr(owner, name), []
def killed(*arguments, **named):
    calls.append(1)
    done = original(*arguments, **named) if after or len(calls) < count else None
    if len(calls) == count:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(owner, name, killed)
publish.publish(settings, definitions(), release=2)
"""
STEPS = {
    "redis": [
        ("wire.Wire", "call", 3, True),
        ("publish_redis.RedisTarget", "finish", 1, False),
        ("redis.TamboRedisOnlineStore", "settle", 2, False),
        ("publish", "_write_marker", 1, False),
    ],
    "sqlite": [
        ("sqlite.TamboSqliteOnlineStore", "write_rows", 3, True),
        ("publish_sqlite.SqliteTarget", "finish", 1, True),
    ],
}


def killed_at(home, step):
    """Publish release 1, then 2, and die at a step of it."""
    tests = str(Path(online_world.__file__).parent)
    code = CHILD.format(path=[tests], home=str(home.home), url=home.redis_url, step=step)
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("at", range(4))
def test_killed_anywhere_readers_see_one_release_and_a_rerun_ends_the_same(home, undisturbed, at):
    steps = STEPS["sqlite" if home.redis_url is None else "redis"]
    if at >= len(steps):
        pytest.skip("fewer steps")
    killed_at(home, steps[at])
    with reader_of(home) as reader:
        seen = check(reader, ALL)
        assert publish(home, definitions()).release == 2
        check(reader, ALL, 2)
    assert seen in {1, 2}
    assert content(home) == undisturbed


@pytest.mark.slow
def test_after_a_killed_run_another_release_is_whole_too(home):
    if home.redis_url is None:
        pytest.skip("a killed run leaves nothing in SQLite")
    killed_at(home, ("wire.Wire", "call", 4, True))
    views = definitions()
    views[1].tags = {"other": "definitions"}
    with reader_of(home) as reader:
        check(reader, ALL, 1)
        publish(home, views, release=1)
        check(reader, ALL, 1)
        publish(home, views, release=2)
        check(reader, ALL, 2)


def test_a_push_that_was_killed_leaves_nothing_for_the_file_that_comes_after(home):
    if home.redis_url is not None:
        pytest.skip("Redis writes all of a push or nothing")
    publish(home, definitions(), release=1)
    journal = half_written.leave(home.online_store, f"{PROJECT}_stays")
    home.online_store.unlink()
    publish(home, definitions(), release=2)
    assert not journal.exists()
    with reader_of(home) as reader:
        check(reader, ALL, 2)


def test_a_damaged_store_is_said_with_a_remedy(home):
    if home.redis_url is not None:
        pytest.skip("there is no file")
    publish(home, definitions(), release=1)
    size = home.online_store.stat().st_size
    with home.online_store.open("rb+") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 2 * 4096))
    views = definitions()
    views[1].tags = {"other": "definitions"}
    with pytest.raises(OnlineStoreError, match=r"online\.sqlite.*\n.*tambo features"):
        publish(home, views, release=1)
    home.online_store.unlink()
    publish(home, views, release=1)
    with reader_of(home) as reader:
        check(reader, ALL, 1)


def test_what_is_pushed_stays_unless_a_release_knows_better(home):
    publish(home, definitions(), release=1)
    store = open_store(home)

    def push(code, event, x):
        row = {"number": code, "x": x, "event_timestamp": event, "created_timestamp": event}
        store.write_to_online_store("stays", df=pd.DataFrame([row]))

    later, earlier = datetime(2024, 12, 1, tzinfo=UTC), datetime(2024, 1, 20, tzinfo=UTC)
    push(3, later, 30.0)  # release 2 changes the key
    push(4, earlier, 40.0)  # release 2 has a newer row
    push(5_000, later, 50.0)  # release 2 does not touch it
    push(70_000, later, 70.0)  # no release has it
    codes = [{"number": code} for code in (3, 4, 5_000, 70_000)]

    def seen():
        with reader_of(home) as reader:
            return [row.values["stays__x"] for row in reader.read(codes)]

    assert seen() == [30.0, 40.0, 50.0, 70.0]
    publish(home, definitions(), release=2)
    assert seen() == [30.0, 2.0, 50.0, 70.0]
    views = definitions()
    views[1].tags = {"other": "definitions"}
    publish(home, views, release=2)
    assert seen() == [30.0, 2.0, 50.0, 70.0]
    # An older release is an explicit overwrite.
    publish(home, definitions(), release=1)
    assert seen() == [1.0, 1.0, 1.0, 70.0]
    if home.redis_url is None:
        home.online_store.unlink()
    else:
        import redis

        redis.Redis.from_url(home.redis_url).flushdb()
