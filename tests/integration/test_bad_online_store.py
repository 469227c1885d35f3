"""An online store that is down, empty, stale or cut off: each reader says so, with the remedy."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from datetime import UTC, timedelta

import command_line
import feature_lake
import online_feast
import pytest
import redis
from feast import Entity

from feature_repo.definitions import all_objects
from tambo.errors import OnlineStoreError
from tambo.featurestore.online import OnlineReader, resolve
from tambo.featurestore.online_status import online_status
from tambo.featurestore.publish import publish
from tambo.featurestore.store import open_store
from tambo.proofs.parity import prove_parity
from tambo.settings import Settings

SERVICE = "fares_v1"
FARE = {"origin": "a", "destination": "b", "flight_type": "economic", "agency": "X"}
AS_OF = feature_lake.AS_OF


def fares():
    """The definitions that the service of fares needs."""
    names = {SERVICE, "fare_prices", "route_fares"}
    return [one for one in all_objects(["travel"]) if isinstance(one, Entity) or one.name in names]


@pytest.fixture(params=["sqlite", "redis"])
def online(request, tmp_path):
    """A published home, its reader, and what stops, empties and damages its store."""
    settings = Settings(home=tmp_path / "home")
    feature_lake.marts(settings)
    feature_lake.release(settings, 1)
    if request.param == "sqlite":
        publish(settings, fares())
        yield _Online(settings, settings.online_store.unlink, _emptied(settings))
        return
    with online_feast.redis_server(tmp_path) as (port, process):
        settings = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})
        publish(settings, fares())

        def stop():
            process.terminate()
            process.wait(60)

        with redis.Redis(port=port) as client:
            yield _Online(settings, stop, client.flushdb)


def _emptied(settings):
    def empty():
        connection = sqlite3.connect(settings.online_store)
        with connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in names.fetchall():
                connection.execute(f'DELETE FROM "{name}"')
        connection.close()

    return empty


class _Online:
    def __init__(self, settings, stop, empty):
        self.settings, self.stop, self.empty = settings, stop, empty
        self.store = open_store(settings)
        manifest = resolve(self.store, SERVICE, release=1, as_of=feature_lake.INSTANTS)
        where = {"redis_url": settings.redis_url} if settings.redis_url else {}
        self.reader = OnlineReader.open(manifest, **(where or {"sqlite": settings.online_store}))

    def reads(self):
        async def wait():
            try:
                return await self.reader.read_async([FARE])
            finally:
                await self.reader.close_async()

        yield lambda: self.reader.read([FARE])
        yield lambda: asyncio.run(wait())
        yield self.reader.check

    def by_sdk(self):
        return self.store.get_online_features(["fare_prices:fare_mean"], [FARE]).to_dict()


def test_an_online_store_that_is_empty_and_then_down(online, monkeypatch, capsys):
    assert online.by_sdk()["fare_mean"] == [150.0]
    online.empty()
    for ask in online.reads():
        with pytest.raises(OnlineStoreError, match=r"is empty|holds no features") as error:
            ask()
        assert "run tambo features" in error.value.remedy
    # Feast's interface knows keys that are not found, not stores that are empty.
    assert online.by_sdk()["fare_mean"] == [None]
    found = online_status(online.settings, 1)
    assert found.text.endswith("has lost what was published")
    assert found.remedy == "tambo features"

    online.stop()
    for ask in (*online.reads(), online.by_sdk):
        with pytest.raises(OnlineStoreError, match=r"does not answer|is not there") as error:
            ask()
        assert re.search("start Redis|run tambo features", error.value.remedy)
    with pytest.raises(OnlineStoreError, match=r"does not answer|is not there"):
        prove_parity(online.settings, sample=5, seed=1)
    found = online_status(online.settings, 1)
    assert re.search("does not answer|has lost what was published", found.text)
    assert found.remedy
    if online.settings.redis_url:
        status, said = command_line.run(online.settings, monkeypatch, capsys, "features")
        assert (status, "OnlineStoreError: Redis does not answer" in said) == (1, True)
    else:
        publish(online.settings, fares())
        assert online.by_sdk()["fare_mean"] == [150.0]


def test_an_online_store_that_is_stale_or_cut_off_says_so(online):
    feature_lake.write(
        online.settings, "UPDATE lake.marts.fare_prices SET fare_mean = 300 WHERE fare_mean = 150"
    )
    feature_lake.release(online.settings, 2, as_of=AS_OF + timedelta(days=1))
    (row,) = online.reader.read([FARE])
    assert (row.release, row.as_of) == (1, AS_OF.replace(tzinfo=UTC))
    assert row.values["fare_prices__fare_mean"] == 150.0
    found = online_status(online.settings, 2)
    assert (", 1 release behind" in found.text, found.remedy) == (True, "tambo features")
    proof = prove_parity(online.settings, sample=5, seed=1)
    assert any("is stale: it holds release 1, the latest is 2" in one for one in proof.failures)

    def cut(message, done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(online.settings, fares(), progress=cut)
    (row,) = online.reader.read([FARE])
    assert (row.release, row.values["fare_prices__fare_mean"]) == (1, 150.0)
    found = online_status(online.settings, 2)
    assert "release 1" in found.text
    assert found.text.endswith("begun and not ended")
    assert found.remedy == "tambo features"
    publish(online.settings, fares())
    assert online_status(online.settings, 2).remedy is None
    assert online.reader.read([FARE])[0].values["fare_prices__fare_mean"] == 300.0


def test_a_file_that_is_no_online_store_is_replaced(tmp_path):
    settings = Settings(home=tmp_path / "home")
    feature_lake.marts(settings)
    feature_lake.release(settings, 1)
    publish(settings, fares())
    manifest = resolve(open_store(settings), SERVICE, release=1, as_of=feature_lake.INSTANTS)
    settings.online_store.unlink()
    settings.online_store.write_bytes(b"no database" * 1000)
    with (
        OnlineReader.open(manifest, sqlite=settings.online_store) as reader,
        pytest.raises(OnlineStoreError, match="is not an online store") as error,
    ):
        reader.read([FARE])
    assert error.value.remedy == "delete it and run tambo features"
    publish(settings, fares())
    with OnlineReader.open(manifest, sqlite=settings.online_store) as reader:
        assert reader.read([FARE])[0].values["fare_prices__fare_mean"] == 150.0
