"""Sensors that are set at run time: versions, and what becomes of readings before and after."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from bentos.fleet.sensors.schemas import SetSensor
from bentos.fleet.sensors.setting import SensorSetter
from tambo.access.tokens import Caller
from tambo.cli import app
from tambo.errors import ContractError
from tambo.ingest import ingest, quarantine, reports
from tambo.lake import reader, spool
from tambo.settings import Settings, get_settings
from tambo.sources.contracts import load, of_home
from tambo.sources.mqtt.consumer import Consumer
from tambo.sources.mqtt.judge import Judge
from tambo.sources.mqtt.message import Message, Reading
from tambo.sources.mqtt.stream import find_stream
from tambo.sources.mqtt.taking_in import take_in
from tambo.sources.sensors import Sensor, history, log_file, sensors, set_sensor
from tambo.streaming.fleet.begin import begin

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STREAM = find_stream("fleet")
SCORE = "engine_health_score"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", threads=1, telemetry_url="mqtt://127.0.0.1:9")
    (tmp_path / "aircraft.csv").write_text("aircraft_id\nN-1\n")
    ingest(made, tmp_path / "aircraft.csv")
    return made


def message(settings: Settings, minute: int, **told) -> Message:
    reading = Reading(STREAM, of_home(settings, "fleet"), "fleet/+/telemetry", timedelta(minutes=5))
    payload = json.dumps({"read_at": f"2026-03-01 10:{minute:02d}:00", **told}).encode()
    return reading.read("fleet/N-1/telemetry", payload, NOW)


def take(settings: Settings, *messages: Message) -> None:
    spool.append(settings, STREAM.spool, [one.record() for one in messages])
    take_in(settings, STREAM)


def tambo(settings: Settings, *arguments: str):
    done = CliRunner().invoke(
        app, ["metadata", *arguments], env={"TAMBO_HOME": str(settings.home), "COLUMNS": "200"}
    )
    get_settings.cache_clear()
    return done


def test_a_limit_that_is_changed_holds_for_readings_from_then_on(settings):
    judge = Judge(settings, STREAM, of_home(settings, "fleet"))
    before = message(settings, 1, engine_health_score=97)
    assert len(judge.good([before])) == 1
    take(settings, before)
    done = tambo(settings, "set", "fleet", SCORE, "--highest", "95", "--by", "A. Ríos")
    assert "version 1: 0…100 score → 0…95 score; A. Ríos" in done.output
    # The judge that runs goes by it, and so does ingest.
    after = message(settings, 2, engine_health_score=97)
    assert judge.good([after, message(settings, 3, engine_health_score=95)])[0][0][SCORE] == 95
    take(settings, after)
    (line,) = quarantine.lines(settings)
    assert (line.reason, line.column, line.value) == ("out_of_range", SCORE, "97")
    with reader(settings) as lake:
        assert lake.execute("SELECT engine_health_score FROM lake.raw.telemetry").fetchall() == [
            (97,)
        ]
    # Where it was wrong, the line comes back by a replay.
    tambo(settings, "set", "fleet", SCORE, "--highest", "98", "--by", "B. Soto")
    replayed = CliRunner().invoke(
        app, ["ingest", "--replay"], env={"TAMBO_HOME": str(settings.home)}
    )
    get_settings.cache_clear()
    assert replayed.exit_code == 0, replayed.output
    assert list(quarantine.lines(settings)) == []
    assert all(one.conserved for one in reports(settings))
    told = [(one.version, one.is_now.highest, one.by) for one in history(settings, "fleet")]
    assert told == [(1, 95, "A. Ríos"), (2, 98, "B. Soto")]
    assert [one.was.highest for one in history(settings, "fleet")] == [100, 95]


def test_a_bound_can_be_taken_away_again(settings):
    oil = ("set", "fleet", "oil_pressure", "--by", "A. Ríos")
    tambo(settings, *oil, "--unit", "bar", "--lowest", "0", "--highest", "12")
    judge = Judge(settings, STREAM, of_home(settings, "fleet"))
    high, low = message(settings, 1, oil_pressure=12.5), message(settings, 2, oil_pressure=-1)
    assert judge.good([high, low]) == []
    done = tambo(settings, *oil, "--no-highest")
    assert "version 2: 0…12 bar → 0… bar; A. Ríos" in done.output
    assert [row["oil_pressure"] for row, _ in judge.good([high, low])] == [12.5]
    take(settings, high, low)
    assert [line.value for line in quarantine.lines(settings)] == ["-1"]
    refused = tambo(settings, *oil, "--no-lowest", "--lowest", "1")
    assert refused.exit_code != 0
    assert "contradict each other" in refused.output
    assert len(history(settings, "fleet")) == 2


def test_a_new_sensor_is_read_without_a_change_of_code(settings):
    consumer = Consumer(settings, STREAM, pusher=None)
    judge = Judge(settings, STREAM, of_home(settings, "fleet"))
    told = {"engine_health_score": 80, "oil_pressure": 5.5}
    unknown = message(settings, 1, **told)
    assert unknown.refused == "unknown_field"
    # It was on its way when the sensor was set.
    waiting = message(settings, 2, engine_health_score=81, withdrawn=False)
    oil = Sensor("bar", 0, 12, "Pressure of the oil")
    made = set_sensor(settings, "fleet", "oil_pressure", oil, "A. Ríos")
    assert (made.newest.was, made.made) == (None, True)
    consumer._keep([], stop=None)
    assert "oil_pressure" in consumer._reading.columns
    good, high = message(settings, 3, **told), message(settings, 4, oil_pressure=12.5)
    assert [row["oil_pressure"] for row, _ in judge.good([waiting, good, high])] == [None, 5.5]
    take(settings, unknown, waiting, good, high)
    with reader(settings) as lake:
        found = lake.execute(
            "SELECT minute(read_at), engine_health_score, oil_pressure FROM lake.raw.telemetry "
            "ORDER BY read_at"
        ).fetchall()
    assert found == [(2, 81, None), (3, 80, 5.5)]
    reasons = {line.reason for line in quarantine.lines(settings)}
    assert reasons == {"unknown_field", "out_of_range"}
    # Files may have it too, or not.
    for name, head, row in (("1", ",oil_pressure", ",7"), ("2", "", "")):
        path = settings.home.parent / f"telemetry_{name}.csv"
        path.write_text(
            f"aircraft_id,read_at,engine_health_score,temperature_variance{head}\n"
            f"N-1,2026-03-02 0{name}:00:00,80,9{row}\n"
        )
        assert ingest(settings, path).new[0].loaded.records == 1
    assert all(one.conserved for one in reports(settings))


def test_a_sensor_may_have_the_name_of_whatever_a_computation_calls_its_own(settings):
    names = ["ended", "h", "k1", "k2", "order", "rowid"]
    for name in names:
        set_sensor(settings, "fleet", name, Sensor("", None, None), "A. Ríos")
    told = {name: place for place, name in enumerate(names)}
    take(settings, message(settings, 1, engine_health_score=80), message(settings, 2, **told))
    # A correction is looked for among what is there.
    take(settings, message(settings, 1, engine_health_score=81), message(settings, 3, **told))
    with reader(settings) as lake:
        rows = lake.execute(
            'SELECT minute(read_at), ended, h, k1, k2, "order", "rowid" FROM lake.raw.telemetry '
            "ORDER BY ALL"
        ).fetchall()
    assert rows == [(1, *[None] * 6), (1, *[None] * 6), (2, *range(6)), (3, *range(6))]
    assert all(one.conserved for one in reports(settings))
    vessels, _ = begin(settings, ["N-1"], "telemetry_", NOW)
    assert vessels["N-1"].state()["readings_7d"] == 3


WRONG = {
    "message": (("message_id", Sensor("", None, None)), "no name of a sensor"),
    "reader": (("file_row_number", Sensor("", None, None)), "no name of a sensor"),
    "wider": ((SCORE, Sensor("score", 0, 101)), "leaves the contract's range, 0 to 100"),
    "open": ((SCORE, Sensor("score", 0, None)), "leaves the contract's range"),
    "nothing": (("oil", Sensor("bar", 5, 5)), "holds nothing"),
    "infinite": (("oil", Sensor("bar", 5, float("inf"))), "no finite bounds"),
    "name": (("Oil; DROP", Sensor("bar", 5, 6)), "no name of a sensor"),
    "tombstone": (("withdrawn", Sensor("bar", 5, 6)), "no name of a sensor"),
    "key": (("read_at", Sensor("bar", 5, 6)), "tells which reading it is"),
}


@pytest.mark.parametrize(("given", "words"), WRONG.values(), ids=WRONG)
def test_a_sensor_that_cannot_be_is_refused(tmp_path, given, words):
    settings = Settings(home=tmp_path)
    with pytest.raises(ContractError, match=words):
        set_sensor(settings, "fleet", *given, by="A. Ríos")
    assert history(settings, "fleet") == []
    with pytest.raises(ContractError, match="Nobody is named"):
        set_sensor(settings, "fleet", "oil", Sensor("bar", 0, 1), by=" ")
    for domain in ("travel", "flet"):
        with pytest.raises(ContractError, match=f"{domain} has no sensors"):
            set_sensor(settings, domain, "oil", Sensor("bar", 0, 1), by="A. Ríos")
        with pytest.raises(ContractError, match=f"{domain} has no sensors"):
            sensors(settings, domain)


def test_the_same_again_is_no_version_and_a_list_that_is_none_is_told(tmp_path):
    settings = Settings(home=tmp_path)
    assert of_home(settings, "fleet") == load("fleet")
    made = [set_sensor(settings, "fleet", "oil", Sensor("bar", 0, 12), "A. Ríos") for _ in range(2)]
    assert [(one.newest.version, one.made) for one in made] == [(1, True), (1, False)]
    assert len(history(settings, "fleet")) == 1
    assert list(sensors(settings, "fleet")) == [SCORE, "temperature_variance", "oil"]
    shown = tambo(settings, "history")
    assert "none" in shown.output and "0…12 bar" in shown.output
    assert "oil" in tambo(settings, "show").output
    (tmp_path / "metadata" / "fleet.jsonl").write_text("{")
    with pytest.raises(ContractError, match="is no list of changes"):
        of_home(settings, "fleet")


def test_what_the_contract_declares_is_no_version_until_the_sensor_was_another(tmp_path):
    settings = Settings(home=tmp_path)
    declared = sensors(settings, "fleet")[SCORE]
    for given in (declared, replace(declared, description="")):
        done = set_sensor(settings, "fleet", SCORE, given, "A. Ríos")
        assert (done.newest, done.made, done.is_now) == (None, False, declared)
    again = tambo(settings, "set", "fleet", SCORE, "--highest", "100", "--by", "A. Ríos")
    assert "is as its contract declares it: 0…100 score" in again.output
    assert history(settings, "fleet") == []
    set_sensor(settings, "fleet", SCORE, replace(declared, highest=95), "A. Ríos")
    back = set_sensor(settings, "fleet", SCORE, declared, "B. Soto")
    assert (back.newest.version, back.newest.was.highest, back.made) == (2, 95, True)


def test_of_two_who_set_the_same_at_once_one_is_told_that_it_made_the_version(tmp_path):
    settings = Settings(home=tmp_path)
    path = log_file(settings, "fleet")
    path.parent.mkdir()
    asked = SetSensor(sensor="oil", unit="bar", lowest=0, highest=12)

    def record(_: int) -> tuple[int, bool]:
        (told,), made = SensorSetter(settings).record(
            [asked], False, Caller("A. Ríos", frozenset())
        )
        return told.version, made

    with ThreadPoolExecutor(2) as pool:
        with FileLock(path.with_suffix(".lock")):
            told = pool.map(record, range(2))
            # Time to look at what was there before.
            time.sleep(0.3)
        assert sorted(told) == [(1, False), (1, True)]
