"""What a task does with an error: final where a retry cannot help, left to retry where it can."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import feature_lake
import gate_lake
import pytest

from expectations import docs
from tambo.ingest import ingest
from tambo.intake.fleet import SERVICE_LOGS
from tambo.intake.received import keep
from tambo.lake import reader, writer
from tambo.lake.waiting import waiting
from tambo.settings import Settings

# In a process of its own, as a task is: importing airflow takes over logging.
STEP = """
import logging, sys
from orchestration import steps
steps.log.addHandler(logging.StreamHandler(sys.stdout))
steps.log.setLevel(logging.INFO)
try:
    print(eval(sys.argv[1], {"steps": steps}))
except Exception as error:
    print(type(error).__name__, error)
"""


def outcome(settings: Settings, call: str) -> str:
    """Run one step, and return the error with which it ends."""
    done = subprocess.run(
        [sys.executable, "-c", STEP, call],
        env={
            **os.environ,
            "TAMBO_HOME": str(settings.home),
            "TAMBO_LOCK_TIMEOUT_SECONDS": "0",
            "AIRFLOW_HOME": str(settings.home / "airflow"),
        },
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_missing_folder_is_final_and_says_what_to_do(settings: Settings):
    said = outcome(settings, "steps.ingest('travel', '/no/such/folder')")
    assert said.startswith("AirflowFailException IngestError: /no/such/folder does not exist.")
    assert "→ give a folder" in said


def test_a_domain_that_the_release_lacks_is_skipped_with_all_that_wait_for_it(settings: Settings):
    feature_lake.release(settings, 1)
    for call in ("models_of('travel')", "bundle('travel')", "foretell('fleet')"):
        said = outcome(settings, f"steps.{call}")
        domain = call.split("'")[1]
        assert said.startswith(f"AirflowSkipException {domain}: skipped, no raw files"), said


def test_a_busy_lake_is_left_to_a_retry(settings: Settings):
    with writer(settings, "a long ingest"):
        said = outcome(settings, "steps.build_and_release(full_refresh=False)")
    assert said.startswith("LockedError The lake is being written")
    assert "a long ingest" in said


def test_a_home_without_a_lake_is_final(settings: Settings):
    said = outcome(settings, "steps.account_for_files()")
    assert said.startswith("AirflowFailException LakeError: There is no lake")


def test_what_was_told_over_http_is_taken_in_with_what_the_stream_brought(settings: Settings):
    vessels = settings.home.parent / "aircraft.csv"
    vessels.write_text("aircraft_id\nN-1\n")
    ingest(settings, vessels)
    row = {"aircraft_id": "N-1", "logged_at": "2026-03-01 10:00:00", "author": "A. Ríos"}
    keep(settings, SERVICE_LOGS, [{**row, "severity": "minor", "entry": "Oil topped up."}])
    # Another domain's DAG leaves it where it is.
    assert "travel: nothing waited" in outcome(settings, "steps.take_in('travel')")
    assert [one.topic for one in waiting(settings)] == [SERVICE_LOGS.spool]

    said = outcome(settings, "steps.take_in('fleet')")

    assert said == ("fleet service_logs: 1 messages: 1 loaded, 0 repeats, 0 quarantined\n")
    assert waiting(settings) == []
    with reader(settings) as lake:
        taken = lake.execute("SELECT aircraft_id, entry FROM lake.raw.service_logs").fetchall()
    assert taken == [("N-1", "Oil topped up.")]


def test_data_quality_looks_at_every_row_and_names_what_failed(settings: Settings):
    gate_lake.make(settings)
    said = outcome(settings, "steps.validate()")
    assert "travel.marts.fare_prices: 40 rows, 0 of 11 expectations failed" in said
    again = outcome(settings, "steps.validate()")
    assert "travel.marts.fare_prices: 40 rows, 0 of 11 expectations failed" in again
    with writer(settings, "test") as lake:
        gate_lake.add_fares(lake, 2, mean="-7")
    gate_lake.note_build(settings)

    said = outcome(settings, "steps.validate()")

    assert "travel.marts.fare_prices: 42 rows, 1 of 11 expectations failed" in said
    assert "AirflowFailException ValidationFailedError: Build 2 does not pass the gate" in said
    assert "found -7 in origin=Natal (RN), destination=Recife (PE)" in said
    with reader(settings) as lake:
        stored = lake.execute("SELECT success FROM lake.audit.validations ORDER BY ALL").fetchall()
    assert stored == [(False,), (True,), (True,)]
    assert "validation 000003" in docs.index(settings).read_text()
