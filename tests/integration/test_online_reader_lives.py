"""One reader outlives restarts of its server, forks of its process, and event loops."""

from __future__ import annotations

import asyncio
import os
import threading

import online_feast
import pytest
from online_feast import AS_OF, INSTANTS, SERVICE, redis_server

from tambo.errors import OnlineStoreError
from tambo.featurestore.online import OnlineReader, resolve

ROWS = [{"user_code": 0}, {"user_code": 1}, {"user_code": 99}]
NAME = "traveller_travel__trips_booked"
EXPECTED = [3, 0, None]


def numbers(rows):
    return [row.values[NAME] for row in rows]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("redis")) as (port, _):
        yield port


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def reader(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lives")
    path = folder / "online.sqlite"
    online, where = {"type": "sqlite", "path": str(path)}, {"sqlite": path}
    if request.param == "redis":
        port = request.getfixturevalue("server")
        online = {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
        where = {"redis_url": f"redis://127.0.0.1:{port}/0"}
    store = online_feast.repository(folder, online)
    online_feast.fill(store)
    with OnlineReader.open(resolve(store, SERVICE, release=3, as_of=INSTANTS), **where) as reader:
        yield reader


def test_event_loops_one_after_another_and_side_by_side(reader):
    async def ask():
        answers = await asyncio.gather(*(reader.read_async(ROWS, AS_OF) for _ in range(20)))
        assert answers[0] == reader.read(ROWS, AS_OF)
        await reader.close_async()
        return [numbers(one) for one in answers]

    assert asyncio.run(ask()) == asyncio.run(ask()) == [EXPECTED] * 20
    found = []
    threads = [threading.Thread(target=lambda: found.append(asyncio.run(ask()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[EXPECTED] * 20] * 4


def test_a_reader_is_closed_within_its_loop(reader):
    async def ask():
        answer = await reader.read_async(ROWS, AS_OF)
        await reader.close_async()
        again = await reader.read_async(ROWS, AS_OF)
        await reader.close_async()
        return numbers(answer), numbers(again)

    assert asyncio.run(ask()) == (EXPECTED, EXPECTED)


def in_child(work) -> int:
    """Fork, run there, and return its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if work() else 2
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_forks_read_on_connections_of_their_own(reader):
    assert numbers(reader.read(ROWS, AS_OF)) == EXPECTED
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            reader.read(ROWS, AS_OF)

    # A fork while another thread holds the reader's lock and is in the middle of an answer.
    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(10):
            assert in_child(lambda: numbers(reader.read(ROWS, AS_OF)) == EXPECTED) == 0
            assert (
                in_child(lambda: numbers(asyncio.run(reader.read_async(ROWS, AS_OF))) == EXPECTED)
                == 0
            )
            assert numbers(reader.read(ROWS, AS_OF)) == EXPECTED
    finally:
        stop.set()
        thread.join()


def test_a_killed_server_is_said_and_its_successor_found(tmp_path):
    home = tmp_path / "redis"
    home.mkdir()
    with redis_server(home) as (port, process):
        store = online_feast.repository(
            tmp_path, {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
        )
        online_feast.fill(store)
        manifest = resolve(store, SERVICE, release=3, as_of=INSTANTS)
        reader = OnlineReader.open(manifest, redis_url=f"redis://127.0.0.1:{port}/0")

        async def life():
            assert numbers(await reader.read_async(ROWS, AS_OF)) == EXPECTED
            assert numbers(reader.read(ROWS, AS_OF)) == EXPECTED
            process.kill()
            process.wait(60)
            with pytest.raises(OnlineStoreError, match="does not answer"):
                reader.read(ROWS, AS_OF)
            with pytest.raises(OnlineStoreError, match="does not answer"):
                await reader.read_async(ROWS, AS_OF)
            with redis_server(home, port):
                assert numbers(reader.read(ROWS, AS_OF)) == EXPECTED
                assert numbers(await reader.read_async(ROWS, AS_OF)) == EXPECTED
                await reader.close_async()

        asyncio.run(life())


def test_a_server_that_restarted_unnoticed_is_asked_again(tmp_path):
    """The old connections are dead, and nobody has tried them in between."""
    home = tmp_path / "redis"
    home.mkdir()
    with redis_server(home) as (port, _):
        store = online_feast.repository(
            tmp_path, {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
        )
        online_feast.fill(store)
        manifest = resolve(store, SERVICE, release=3, as_of=INSTANTS)
        reader = OnlineReader.open(manifest, redis_url=f"redis://127.0.0.1:{port}/0")
        assert numbers(reader.read(ROWS, AS_OF)) == EXPECTED
    with redis_server(home, port):
        assert numbers(reader.read(ROWS, AS_OF)) == EXPECTED
