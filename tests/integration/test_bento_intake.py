"""The fleet's intakes: who may tell, what is refused, and what comes of it in the lake."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn, get_args

import pytest
from oidc_issuer import API, Client, issuing
from served_model import Client as Caller
from starlette.applications import Starlette
from typer.testing import CliRunner

from bentos.fleet.endpoints import ENDPOINTS
from bentos.fleet.intakes import INTAKES
from bentos.fleet.service_logs import schemas
from bentos.inference.documentation import describe
from bentos.inference.endpoint import open_endpoints
from bentos.web.authorization import Guard
from bentos.web.endpoint import route
from bentos.web.middleware import ProblemMiddleware
from tambo.access.fleet import ASKS, WRITES
from tambo.cli import app
from tambo.ingest import ingest, quarantine, reports
from tambo.intake.discovery import all_intakes
from tambo.lake import reader
from tambo.lake.drain import drain
from tambo.lake.waiting import waiting
from tambo.monitoring.refusals import refusals
from tambo.settings import Settings, get_settings
from tambo.sources.arrived import take_in_told
from tambo.sources.contracts import load, of_home

LOGS, DOWN = "/v1/service-logs", "/v1/downtime"
AT = "2026-03-01T05:15:00-05:00"
ENTRY = {"aircraft_id": "N-1", "logged_at": AT, "author": "Rojas", "severity": "major"}


@pytest.fixture(scope="module")
def issuer():
    with issuing(
        Client("tina", ("technician",)),
        Client("oscar", ("operations",)),
        Client("eve", ("executive",)),
        Client("frida", ("fleet_manager",)),
        Client("carla", ("customer_support",)),
        Client("nobody"),
        Client("late", ("technician",), lifetime=-60),
        Client("stray", ("technician",), audience="another-api"),
    ) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, issuer) -> Settings:
    """A home whose lake knows two vessels, one of which was sold."""
    settings = Settings(
        home=tmp_path / "home",
        threads=1,
        oidc_discovery_url=issuer.discovery,
        oidc_client_id=API,
    )
    (tmp_path / "aircraft.csv").write_text("aircraft_id,withdrawn\nN-1,\nN-2,\nN-3,\n")
    ingest(settings, tmp_path / "aircraft.csv")
    (tmp_path / "aircraft_1.csv").write_text("aircraft_id,withdrawn\nN-3,true\n")
    ingest(settings, tmp_path / "aircraft_1.csv")
    return settings


def client(settings: Settings) -> Caller:
    opened = open_endpoints(INTAKES, Path("none"), settings)
    guard = Guard("fleet", settings)
    routes = [route(one.operation, opened[one.operation.name].answer, guard) for one in INTAKES]
    return Caller(ProblemMiddleware(Starlette(routes=routes)))


@pytest.fixture
def tell(home, issuer):
    """Tell as somebody; by default a technician."""
    service = client(home)

    def told(body, path=LOGS, who="tina"):
        token = issuer.token(who)
        return service.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    return told


def rows(settings: Settings, table: str, columns: str) -> list[tuple]:
    with reader(settings) as lake:
        return lake.execute(
            f"SELECT {columns} FROM lake.raw.{table} ORDER BY _known_at, _batch_id, _row_number"
        ).fetchall()


def test_an_entry_is_kept_once_and_corrected_and_comes_into_the_lake(home, tell):
    first = tell({**ENTRY, "entry": 'Oil, "low"\r\nrefilled'})
    assert first.status_code == 201, first.text
    assert first.json() | {"received_at": ""} == {
        "aircraft_id": "N-1",
        "logged_at": "2026-03-01T10:15:00Z",
        "author": "Rojas",
        "status": "recorded",
        "received_at": "",
    }
    # The same instant in another zone is the same.
    again = tell({**ENTRY, "logged_at": "2026-03-01T10:15:00Z", "entry": 'Oil, "low"\nrefilled'})
    assert (again.status_code, again.json()) == (200, first.json())
    changed = tell({**ENTRY, "severity": "minor"})
    assert (changed.status_code, changed.json()["status"]) == (201, "corrected")
    back = tell({**ENTRY, "entry": 'Oil, "low"\nrefilled'})
    assert (back.status_code, back.json()["status"]) == (201, "corrected")
    assert len(take_in_told(home)) == 1
    found = rows(home, "service_logs", "aircraft_id, logged_at, author, severity, entry")
    at = datetime(2026, 3, 1, 10, 15)
    assert found == [
        ("N-1", at, "Rojas", "major", 'Oil, "low"\nrefilled'),
        ("N-1", at, "Rojas", "minor", None),
        ("N-1", at, "Rojas", "major", 'Oil, "low"\nrefilled'),
    ]
    assert waiting(home) == []
    # What is told after the lake has it is answered as before.
    assert tell({**ENTRY, "entry": 'Oil, "low"\nrefilled'}).json() == back.json()
    assert take_in_told(home) == {}


def test_a_downtime_ends_under_its_key_and_an_entry_is_of_the_token_s_owner(home, tell):
    down = {"aircraft_id": "N-2", "started_at": AT, "reason": "waiting"}
    assert tell(down, DOWN, "oscar").status_code == 201
    ended = tell({**down, "ended_at": "2026-03-01T12:00:00Z"}, DOWN, "oscar")
    assert (ended.status_code, ended.json()["status"]) == (201, "corrected")
    entry = {name: value for name, value in ENTRY.items() if name != "author"}
    assert tell(entry).json()["author"] == "tina"
    ingest_again = CliRunner().invoke(app, ["drain"], env={"TAMBO_HOME": str(home.home)})
    get_settings.cache_clear()
    assert "fleet downtime: 2 messages: 2 loaded" in ingest_again.output
    assert rows(home, "downtime", "hour(started_at), hour(ended_at), reason") == [
        (10, None, "waiting"),
        (10, 12, "waiting"),
    ]


def test_a_batch_is_kept_as_a_whole_or_not_at_all(home, tell):
    many = [{**ENTRY, "logged_at": f"2026-03-01T10:{minute:02d}:00Z"} for minute in range(30)]
    wrong = [dict(one) for one in many]
    wrong[3]["aircraft_id"] = "N-9"
    wrong[7]["aircraft_id"] = "N-3"
    wrong[9] = {**wrong[8], "severity": "critical"}
    answer = tell({"items": wrong})
    assert answer.status_code == 422
    said = {one["field"]: one["detail"] for one in answer.json()["errors"]}
    assert said["items.3.aircraft_id"] == "'N-9' is no vessel of the register"
    assert set(said) == {"items.3.aircraft_id", "items.7.aircraft_id", "items.9"}
    assert waiting(home) == []
    answer = tell({"items": [*many, many[0]]})
    assert (answer.status_code, len(answer.json()["items"])) == (201, 31)
    again = tell({"items": [*many, many[0]]})
    assert (again.status_code, again.json()) == (200, answer.json())
    (done,) = take_in_told(home).values()
    assert (done.loaded, done.repeats, done.quarantined) == (30, 0, 0)


WRONG = {
    "no vessel": ({"aircraft_id": "N-9"}, "aircraft_id", "'N-9' is no vessel"),
    "no zone": ({"logged_at": "2026-03-01T10:15:00"}, "logged_at", "has no zone"),
    "no time": ({"logged_at": 1772359200}, "logged_at", "must be an instant"),
    "the future": ({"logged_at": "2199-03-01T10:15:00Z"}, "logged_at", "lies in the future"),
    "a blank": ({"logged_at": " 2199-03-01T10:15:00Z"}, "logged_at", ""),
    "severity": ({"severity": "bad"}, "severity", "must be 'info'"),
    "oversized": ({"entry": "x" * 2001}, "entry", "at most 2000 characters"),
    "control": ({"entry": "a\x00b"}, "entry", "control characters"),
    "lone return": ({"entry": "a\rb\r\n"}, "entry", "carriage return"),
    "author": ({"author": "y" * 101}, "author", "at most 100 characters"),
    "unknown field": ({"oil": 1}, "", "is not a field"),
}


def test_a_wrong_field_is_named(home, tell):
    for name, (change, field, says) in WRONG.items():
        answer = tell({**ENTRY, **change})
        assert answer.status_code == 422, (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        (error,) = answer.json()["errors"]
        assert error["field"] == field, name
        assert says in error["detail"], name
    assert waiting(home) == []


def test_a_downtime_cannot_end_before_it_began_nor_a_body_be_without_end(home, tell):
    down = {"aircraft_id": "N-1", "started_at": AT, "ended_at": "2026-03-01T10:14:59Z"}
    answer = tell(down, DOWN)
    assert answer.status_code == 422
    assert "lies before started_at" in answer.json()["errors"][0]["detail"]
    assert tell({**ENTRY, "entry": "x" * (3 << 20)}).status_code == 413


def tampered(token: str) -> str:
    head, claims, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    told["resource_access"] = {API: {"roles": ["technician"]}}
    forged = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


def unsigned(claims: dict) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    told = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts]
    return b".".join([*told, b""]).decode()


def test_who_may_not_tell_is_refused_and_each_refusal_is_recorded(home, issuer):
    service = client(home)
    own = tampered(issuer.token("nobody"))
    cases = {
        "none": (None, 401, "carries no token", None, None),
        "forged": (own, 401, "signature", None, "nobody"),
        "unsigned": (unsigned({"sub": "tina\n"}), 401, "", None, "tina "),
        "nonsense": ("x.y.z", 401, "is no token", None, None),
        "expired": (issuer.token("late"), 401, "has expired", None, "late"),
        "another's": (issuer.token("stray"), 401, "somebody else", None, "stray"),
        "no role": (issuer.token("nobody"), 403, "needs one of the roles", "nobody", None),
        "another role": (issuer.token("eve"), 403, "fleet_manager, technician", "eve", None),
    }
    for number, (name, (token, status, says, subject, claimed)) in enumerate(cases.items(), 1):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = service.post(LOGS, json=ENTRY, headers=headers)
        assert answer.status_code == status, name
        assert says in answer.json()["detail"], name
        assert ("www-authenticate" in answer.headers) is (status == 401)
        newest = refusals(home)[0]
        assert len(refusals(home)) == number
        assert (newest["subject"], newest["claimed_subject"]) == (subject, claimed), name
        assert (newest["status"], newest["path"], newest["service"]) == (status, LOGS, "fleet")
        assert token is None or token not in json.dumps(newest)
    # A role for the one is none for the other.
    asked = {"Authorization": f"Bearer {issuer.token('oscar')}"}
    assert service.post(LOGS, json=ENTRY, headers=asked).status_code == 403
    assert service.post(DOWN, json={}, headers=asked).status_code == 422
    before = refusals(home)
    drain(home)
    assert refusals(home) == before
    assert [one.topic for one in waiting(home)] == []
    shown = CliRunner().invoke(app, ["audit"], env={"TAMBO_HOME": str(home.home), "COLUMNS": "250"})
    get_settings.cache_clear()
    assert "(late)" in shown.output
    assert "it has expired" in shown.output


def nothing(*_: object) -> NoReturn:
    raise AssertionError("what is asked is wrong, so nobody answers it")


def test_each_operation_of_the_fleet_lets_in_its_roles_and_no_other(home, issuer):
    guard = Guard("fleet", home)
    routes = [route(one.operation, nothing, guard) for one in ENDPOINTS]
    service = Caller(ProblemMiddleware(Starlette(routes=routes)))
    roles = {
        "tina": "technician", "oscar": "operations", "eve": "executive",
        "frida": "fleet_manager", "carla": "customer_support",
    }  # fmt: skip
    headers = {who: {"Authorization": f"Bearer {issuer.token(who)}"} for who in roles}
    let_in = {
        one.operation.name: {
            role
            for who, role in roles.items()
            if service.post(one.operation.path, json={"oil": 1}, headers=headers[who]).status_code
            == 422
        }
        for one in ENDPOINTS
    }
    assert let_in == {name: set(of) for name, of in {**ASKS, **WRITES}.items()}
    told = {one["status"] for one in refusals(home, 1000)}
    assert (told, len(refusals(home, 1000))) == (
        {403},
        len(ENDPOINTS) * len(roles) - sum(len(of) for of in let_in.values()),
    )


def test_without_an_issuer_nothing_is_taken_in_and_without_a_register_neither(home, issuer):
    strangers = client(home.model_copy(update={"oidc_discovery_url": None}))
    token = {"Authorization": f"Bearer {issuer.token('tina')}"}
    answer = strangers.post(LOGS, json=ENTRY, headers=token)
    assert answer.status_code == 401
    assert "TAMBO_OIDC_DISCOVERY_URL" in answer.json()["remedy"]
    away = client(home.model_copy(update={"oidc_discovery_url": "http://127.0.0.1:9/x"}))
    assert away.post(LOGS, json=ENTRY, headers=token).status_code == 503
    assert {one["status"] for one in refusals(home)} == {401, 503}
    empty = client(home.model_copy(update={"home": home.home / "other"}))
    answer = empty.post(LOGS, json=ENTRY, headers=token)
    assert (answer.status_code, "register" in answer.json()["detail"]) == (503, True)


KILLED = """
import sys
from tambo.intake.fleet import SERVICE_LOGS
from tambo.intake.received import keep
from tambo.settings import Settings
settings = Settings(home=sys.argv[1])
for number in range(int(sys.argv[2]), 10_000):
    row = {"aircraft_id": "N-1", "logged_at": f"2026-03-01 {number // 3600 % 24:02d}:"
           f"{number // 60 % 60:02d}:{number % 60:02d}", "author": "a", "severity": "info"}
    keep(settings, SERVICE_LOGS, [row])
    print(number, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill_and_is_there_once(home):
    acknowledged = 0
    for _ in range(3):
        # Each goes on with what the one before may or may not have kept.
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(home.home), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout is not None
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged % 40 == 39:
                break
        time.sleep(0.003)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        process.wait()
        process.stdout.close()
    take_in_told(home)
    seconds = [one for (one,) in rows(home, "service_logs", "epoch(logged_at)::BIGINT")]
    assert len(seconds) == len(set(seconds))
    assert len(seconds) - 1 <= acknowledged + 1 <= len(seconds)
    assert all(one.conserved for one in reports(home))
    assert list(quarantine.lines(home)) == []


def test_schemas_and_intakes_say_what_the_contracts_say():
    tables = load("fleet").tables
    for intake in all_intakes():
        table = tables[intake.table]
        assert (list(intake.columns), list(intake.key)) == (table.file_columns, table.key)
    columns = tables["service_logs"].columns
    allowed = get_args(schemas.ServiceLog.model_fields["severity"].annotation)
    assert list(allowed) == columns["severity"].allowed
    longest = {name: columns[name].max_length for name in ("aircraft_id", "author", "entry")}
    assert longest == {
        "aircraft_id": schemas.LONGEST_NAME,
        "author": schemas.LONGEST_NAME,
        "entry": schemas.LONGEST_ENTRY,
    }
    from bentos.fleet.downtime.schemas import Downtime

    (reasons, _) = get_args(Downtime.model_fields["reason"].annotation)
    assert list(get_args(reasons)) == tables["downtime"].columns["reason"].allowed


def test_the_document_says_which_roles_an_intake_asks_for():
    made = describe("fleet", "", INTAKES, {})
    for one in INTAKES:
        said = made["paths"][one.operation.path]["post"]
        writes = one.operation.writes
        roles = (WRITES if writes else ASKS)[one.operation.name]
        assert said["x-roles"] == list(roles)
        assert said["security"] == ([{"bearer": []}] if writes else [{"bearer": []}, {}])
        assert {"200", "401", "403", "422"} < set(said["responses"])
        assert ("201" in said["responses"]) is writes
    assert made["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_a_fleet_manager_sets_sensors_and_others_read_who_set_what(home, tell):
    path, asked = "/v1/sensors", "/v1/sensors/history"
    score = {"sensor": "engine_health_score", "unit": "score", "lowest": 0.0, "highest": 95.0}
    assert tell(score, path).status_code == 403
    first = tell(score, path, "frida")
    assert first.status_code == 201, first.text
    assert (first.json()["by"], first.json()["was"]["highest"]) == ("frida", 100)
    again = tell(score, path, "frida")
    assert (again.status_code, again.json()) == (200, first.json())
    oil = {"sensor": "oil_pressure", "unit": "bar", "lowest": 0.0, "highest": 12.0}
    assert tell(oil, path, "frida").json()["version"] == 1
    wide = tell({**score, "highest": 101.0}, path, "frida")
    assert (wide.status_code, wide.json()["errors"][0]["field"]) == (422, "sensor")
    assert "leaves the contract's range" in wide.json()["detail"]
    assert tell({**oil, "lowest": "low"}, path, "frida").status_code == 422
    assert tell({}, asked, "nobody").status_code == 403
    told = tell({}, asked, "eve").json()
    assert [one["sensor"] for one in told["changes"]] == ["engine_health_score", "oil_pressure"]
    assert told["sensors"]["engine_health_score"]["highest"] == 95
    assert list(told["sensors"])[-1] == "oil_pressure"
    named = tell({"sensor": "oil_pressure"}, asked, "eve").json()
    assert list(named["sensors"]) == ["oil_pressure"]
    assert len(named["changes"]) == 1
    # What ingest and the consumer go by.
    table = of_home(home, "fleet").tables["telemetry"]
    assert (table.columns["engine_health_score"].max, "oil_pressure" in table.columns) == (95, True)


def test_a_key_is_asked_for_again_when_the_issuer_has_a_new_one(home, issuer):
    from tambo.access.issuer import Issuer

    known = Issuer(home, issuer.discovery)
    assert known.key("made up") is None
    asked = known._asked
    assert known.key("made up too") is None
    assert known._asked == asked
    known._asked -= timedelta(minutes=1).total_seconds()
    assert known.key("made up again") is None
    assert known._asked > asked
