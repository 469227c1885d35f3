"""The tourism bento: built from the registry, started as a server, called over HTTP, stopped."""

from __future__ import annotations

from datetime import timedelta

import loopback
import online_feast
import online_tourism
import pytest
import served_flow
import served_model
import yaml
from online_tourism import AS_OF, PLAZA

from bentos.bundle import bundle, served_domain
from bentos.requirements import FORBIDDEN
from bentos.serve import call, serving
from bentos.tourism import MODELS
from bentos.tourism.example import PATH, PLAN, QUESTIONS
from tambo.errors import ServingError
from tambo.featurestore.online import StoreState, write_redis_state, write_sqlite_state

WHY = f"{PATH}/explanations"
ASK = {"location": PLAZA, "horizon": 7}
STATE = StoreState(4, online_tourism.INSTANTS)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("tourism-bento")]


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    made = served_flow.home(tmp_path_factory.mktemp("home"))
    write_sqlite_state(made.online_store, online_feast.PROJECT, STATE)
    return made


@pytest.fixture(scope="module")
def bundled(settings):
    for model in MODELS:
        served_model.register(settings, settings.home / "models" / model, model)
    return bundle(settings, "tourism")


@pytest.fixture(scope="module")
def service(settings, bundled):
    with serving(settings, "tourism") as process:
        yield process


def test_the_bento_holds_all_champions_and_nothing_but_what_serves(settings, bundled):
    assert bundled.models == dict.fromkeys(MODELS, "1")
    assert served_domain(settings) == "tourism"
    requirements = (bundled.path / "env" / "python" / "requirements.txt").read_text()
    names = {line.split("==")[0] for line in requirements.splitlines() if not line.startswith(" ")}
    assert "onnxruntime" in names
    assert not names & FORBIDDEN
    assert not list(bundled.path.rglob("example.py"))
    assert not (bundled.path / "src" / "bentos" / "travel").exists()
    said = yaml.safe_load((bundled.path / "apis" / "openapi.yaml").read_text())["paths"]
    assert {PATH, WHY, PLAN, f"{PLAN}/status", f"{PLAN}/result"} < set(said)
    assert (bundled.path / "src/tambo/planning/tourism/plan.py").exists()
    example = said[PATH]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert example["A week"]["value"]["location"] == PLAZA


def test_days_hours_and_what_moved_them_over_http(service):
    flow = call(service.url + PATH, ASK)
    assert (flow["release"], flow["model"]["version"]) == (4, "1")
    assert flow["as_of"] == AS_OF.isoformat().replace("+00:00", "Z")
    assert len(flow["visitors"]) == 7
    hours = call(service.url + PATH, {**ASK, "unit": "hour"})
    assert hours["model"]["name"] == "visitor_flow_hourly"
    why = call(service.url + WHY, ASK)
    assert [round(one["p50"], 1) for one in why["explained"]] == pytest.approx(
        [one["p50"] for one in flow["visitors"]], abs=0.06
    )
    assert call(service.url + PATH, {"items": [ASK] * 50})["items"] == [flow] * 50
    counted = loopback.get(f"{service.url}/metrics").text
    assert f'request_total{{endpoint="{WHY}"' in counted


def test_a_campaign_plan_is_a_task(service):
    first = AS_OF.date()
    ask = {"budget": 500, "first": f"{first}", "last": f"{first + timedelta(27)}", "off_peak": None}
    plan = call(service.url + PLAN, ask)
    assert plan["model"] | {"version": "1"} == plan["model"]
    assert sum(row["spend"] for row in plan["rows"]) == pytest.approx(500)
    with pytest.raises(ServingError, match="answers 422: budget: must be greater than 0"):
        call(service.url + PLAN, {**ask, "budget": 0})
    lost = loopback.get(f"{service.url}{PLAN}/status?task_id=lost")
    assert (lost.status_code, lost.json()["title"]) == (404, "There is nothing under this address")
    counted = loopback.get(f"{service.url}/metrics").text
    assert f'request_total{{endpoint="{PLAN}/status"' in counted
    assert "lost" not in counted


def test_bad_requests_are_problems(service):
    for changes in ({"horizon": 10_000}, {"location": "Atlantis"}):
        answer = loopback.post(service.url + PATH, json={**ASK, **changes})
        assert answer.status_code == answer.json()["status"] == 422
        assert answer.headers["content-type"] == "application/problem+json"
    with pytest.raises(ServingError, match="answers 422: horizon: must be 1 or more"):
        call(service.url + WHY, {**ASK, "horizon": 0})


def test_the_same_bento_serves_from_redis(settings, bundled, service, tmp_path):
    with online_feast.redis_server(tmp_path) as (port, _):
        where = {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
        online_tourism.fill(online_tourism.repository(tmp_path, where))
        url = f"redis://127.0.0.1:{port}/0"
        write_redis_state(url, online_feast.PROJECT, STATE)
        with serving(settings.model_copy(update={"redis_url": url}), "tourism") as near:
            for path in (PATH, WHY):
                assert call(near.url + path, ASK) == call(service.url + path, ASK)


def test_each_model_has_a_question_of_its_own():
    assert tuple(QUESTIONS) == MODELS
