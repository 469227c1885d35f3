"""Feast's own offline server on our store: another process retrieves, writes and saves through it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from conformance import NOW, OFFLINE, PROJECT, cells, ours
from conformance_views import ASKED, FEATURES, TRIPS, define
from feast import FeatureStore, RepoConfig

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("ignore::RuntimeWarning")]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return ours(tmp_path_factory.mktemp("served") / "ours", define)


@pytest.fixture(scope="module")
def remote(local, tmp_path_factory):
    """A store that knows only the registry and the server's address."""
    folder = tmp_path_factory.mktemp("server")
    shared = {
        "project": PROJECT,
        "provider": "local",
        "registry": str(local.folder / "registry.db"),
        "online_store": {"type": "sqlite", "path": str(folder / "online.db")},
        "entity_key_serialization_version": 3,
    }
    lake = {
        "type": OFFLINE,
        "home": str(local.folder),
        "release": "head",
        "as_known_at": False,
    }
    (folder / "feature_store.yaml").write_text(yaml.safe_dump({**shared, "offline_store": lake}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    feast = str(Path(sys.executable).parent / "feast")
    address = ["--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [feast, "-c", str(folder), "serve_offline", *address],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    try:
        _wait(server, port, folder / "server.log")
        offline = {"type": "remote", "host": "127.0.0.1", "port": port}
        yield FeatureStore(config=RepoConfig(**shared, offline_store=offline))
    finally:
        server.terminate()
        server.wait(120)


def _wait(server, port, log):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the offline server did not start: {log.read_text()[-2000:]}")


@pytest.mark.parametrize("name", ["batch", "several at once"])
def test_features_come_through_the_server_as_from_the_store(local, remote, name):
    here, there = (
        cells(store.get_historical_features(ASKED.copy(), FEATURES[name]).to_df(), "n")
        for store in (local.store, remote)
    )
    assert there == here


def test_entity_rows_as_sql_and_a_range_of_time(local, remote):
    sql = "SELECT user_code, event_timestamp, trips AS n FROM marts.trips"
    asked = [(sql, {}), (None, {"start_date": NOW - timedelta(days=5), "end_date": NOW})]
    for rows, span in asked:
        here, there = (
            store.get_historical_features(rows, FEATURES["batch"], **span).to_df()
            for store in (local.store, remote)
        )
        by = ["event_timestamp", "user_code", "trips"]
        assert len(here) > 2 and cells(there, by) == cells(here, by)


def test_rows_and_data_sets_are_written_through_the_server(local, remote):
    newest = TRIPS[:1].assign(event_timestamp=NOW, created=NOW, trips=99)
    remote.write_to_offline_store("trips_view", newest)
    found = local.store.get_historical_features(ASKED.copy(), FEATURES["batch"]).to_df()
    assert cells(found, "n")["trips"][0] == 99
    storage = local.storage("served")
    remote.registry.apply_data_source(storage.to_data_source(), PROJECT)
    job = remote.get_historical_features(ASKED.drop(columns="budget"), FEATURES["batch"])
    saved = remote.create_saved_dataset(job, "served", storage).to_df()
    assert sorted(saved["trips"].dropna()) == sorted(found["trips"].dropna())
