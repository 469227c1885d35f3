"""How the app asks for campaign plans, keeps them, and holds them against what happened."""

from __future__ import annotations

import doctest
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
import pytest

from app import asking
from app.tourism import kept_plans, plan_editor, plan_files, plan_outcome, plan_view, plans
from app.tourism.plans import Limit, Wish
from tambo.errors import PlanError, ServingError
from tambo.serving.problem import ProblemError, invalid, problem

WEEKS = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(4)]
MODEL = {"name": "campaign_uplift", "version": "3", "estimator": "response", "release": 2}
REQUEST = Wish(1_000.0, WEEKS[0], WEEKS[3], value=5.0).request()


def row(week: date, location: str, market: str, segment: str, spend: float, extra: float) -> dict:
    return {
        "week": week.isoformat(),
        "location": location,
        "market": market,
        "segment": segment,
        "spend": spend,
        "visitors": 100.0,
        "visitors_low": 80.0,
        "visitors_high": 125.0,
        "extra": {"expected": extra, "low": extra / 2, "high": 2 * extra},
    }


def total(name: str, spend: float, extra: float) -> dict:
    return {
        "name": name,
        "spend": spend,
        "extra": {"expected": extra, "low": extra / 2, "high": 2 * extra},
        "cost_per_visitor": spend / extra,
        "return_per_usd": 5.0 * extra / spend,
    }


def a_plan(rows: list[dict] | None = None) -> dict:
    """An answer of the service: two segments of one market, and a second location."""
    told = rows or [
        *(row(week, "Plaza", "all", name, 100.0, 10.0) for week in WEEKS for name in ("a", "b")),
        *(row(week, "=Río", "brazil", "a", 50.0, 4.0) for week in WEEKS[:2]),
    ]
    return {
        "basis": "response",
        "says": "Learned from 9 campaigns.",
        "gaps": [
            {
                "location": "Plaza",
                "week": WEEKS[0].isoformat(),
                "expected": 100.0,
                "usual": 200.0,
                "share": 0.5,
                "gap": 100.0,
            }
        ],
        "rows": told,
        "total": total("plan", 900.0, 88.0),
        "by_location": [total("Plaza", 800.0, 80.0), total("=Río", 100.0, 8.0)],
        "by_market": [total("all", 800.0, 80.0), total("brazil", 100.0, 8.0)],
        "unspent": 100.0,
        "bound": 90.0,
        "equal_spread": {"total": total("equal spread", 900.0, 60.0), "spends": []},
        "last_year": None,
        "evidence": [{"market": "all", "campaigns": 9, "says": "9 campaigns."}],
        "model": MODEL,
        "forecast_model": {**MODEL, "name": "visitor_flow"},
        "forecast_weeks": 4,
        "release": 2,
        "as_of": "2026-01-01T05:00:00Z",
        "warnings": [],
    }


def test_the_example_holds() -> None:
    assert doctest.testmod(plan_view).attempted > 0
    assert doctest.testmod(plan_view).failed == 0


def test_a_wish_is_asked_for_as_the_service_wants_it() -> None:
    limit = Limit("Plaza", 10.0, None, required=True)
    asked = Wish(5.0, WEEKS[0], WEEKS[1], ("Plaza",), ("all",), (limit,), 1.1).request()
    assert asked == {
        "budget": 5.0,
        "first": "2026-01-05",
        "last": "2026-01-12",
        "locations": ["Plaza"],
        "markets": ["all"],
        "limits": [{"location": "Plaza", "minimum": 10.0, "maximum": None, "required": True}],
        "off_peak": 1.1,
        "value_per_visitor": None,
    }


def test_a_single_limit_takes_the_general_one_where_it_says_nothing() -> None:
    table = pd.DataFrame(
        {
            "location": ["A", "B", "C"],
            "minimum": [None, 5.0, None],
            "maximum": [None, None, 70.0],
            "required": [False, True, False],
        }
    ).astype({"minimum": float, "maximum": float})
    assert plan_editor.limits_of(table, Limit(minimum=1.0, maximum=50.0)) == [
        Limit("B", 5.0, 50.0, required=True),
        Limit("C", 1.0, 70.0, required=False),
    ]


def test_the_rest_is_planned_with_what_was_spent_where_the_plan_said() -> None:
    as_planned = plans.again(REQUEST, a_plan(), WEEKS[1] + timedelta(days=3), None)
    assert as_planned["today"] == "2026-01-15"
    assert as_planned["budget"] == REQUEST["budget"]
    first = {"week": "2026-01-05", "market": "all"}
    assert as_planned["already"] == [
        {**first, "location": "Plaza", "usd": 200.0},
        {**first, "location": "=Río", "market": "brazil", "usd": 50.0},
    ]
    told = plans.again(REQUEST, a_plan(), WEEKS[1], 125.0)["already"]
    assert [one["usd"] for one in told] == [100.0, 25.0]
    later = plans.again(as_planned, a_plan(), WEEKS[2], None)["already"]
    assert sum(one["usd"] for one in later) == 250.0 + 500.0, "what was told before stays"
    with pytest.raises(PlanError, match="before the week from 2026-01-05"):
        plans.again(REQUEST, a_plan(), WEEKS[0], 10.0)


def counted(*values: tuple[date, str, str, float, int]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=["week", "location", "market", "visitors", "gaps"])


MADE = date(2026, 1, 1)
UNTIL = {"Plaza": date(2026, 2, 1), "=Río": date(2026, 2, 1)}


def test_weeks_that_are_over_are_held_against_what_came() -> None:
    came = counted(
        (WEEKS[0], "Plaza", "all", 130.0, 0),
        (WEEKS[0], "Plaza", "other", 999.0, 0),
        (WEEKS[1], "Plaza", "all", 90.0, 0),
        (WEEKS[0], "=Río", "brazil", 100.0, 1),
    )
    found = plan_outcome.outcome(a_plan(), came, UNTIL, MADE, WEEKS[2])
    assert (found.over, found.left_out, found.to_come) == (4, 2, 2)
    assert found.actual == 220.0, "of the plan's market alone; a week with a gap is left out"
    assert vars(found.without) == {"expected": 200.0, "low": 160.0, "high": 250.0}
    assert found.with_plan is not None
    assert vars(found.with_plan) == {"expected": 240.0, "low": 180.0, "high": 330.0}
    assert list(found.by("week")["actual"]) == [130.0, 90.0]


def test_a_week_that_is_not_counted_to_its_end_is_left_out() -> None:
    came = counted((WEEKS[0], "Plaza", "all", 130.0, 0), (WEEKS[1], "Plaza", "all", 60.0, 0))
    until = {"Plaza": WEEKS[1] + timedelta(days=2)}
    found = plan_outcome.outcome(a_plan(), came, until, MADE, WEEKS[2])
    assert found.actual == 130.0
    assert found.left_out == 3


def test_weeks_that_were_over_when_the_plan_was_made_prove_nothing() -> None:
    came = counted(*((week, "Plaza", "all", 100.0, 0) for week in WEEKS))
    found = plan_outcome.outcome(a_plan(), came, UNTIL, WEEKS[2], date(2026, 2, 2))
    assert list(found.by("week")["week"]) == [pd.Timestamp(week) for week in WEEKS[2:]]


@pytest.mark.parametrize(
    ("visitors", "words"),
    [
        (130.0, "It is no proof"),
        (110.0, "neither show an effect of the plan nor rule one out"),
        (70.0, "cannot be told from these counts"),
    ],
)
def test_what_is_said_claims_no_more_than_counts_tell(visitors: float, words: str) -> None:
    came = counted(*((week, "Plaza", "all", visitors, 0) for week in WEEKS))
    found = plan_outcome.outcome(a_plan(), came, UNTIL, MADE, date(2026, 2, 2))
    assert words in found.says()


def test_nothing_is_expected_of_a_plan_that_promised_nothing() -> None:
    rows = [row(WEEKS[0], "Plaza", "all", "a", 10.0, 1.0) | {"extra": None}]
    came = counted((WEEKS[0], "Plaza", "all", 100.0, 0))
    found = plan_outcome.outcome(a_plan(rows), came, UNTIL, MADE, WEEKS[1])
    assert found.with_plan is None
    assert found.without.expected == 100.0


@pytest.mark.parametrize("today", [date(2026, 1, 2), WEEKS[1]], ids=["nothing over", "no counts"])
def test_without_a_week_to_compare_nothing_is_compared(today: date) -> None:
    none = plan_outcome.outcome(a_plan(), counted(), {}, MADE, today)
    assert none.cells.empty
    assert "No week" in none.says()
    assert none.over + none.to_come == 6
    assert none.left_out == none.over


def test_a_kept_plan_is_found_again_and_a_broken_file_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(tmp_path))
    assert kept_plans.kept() == ([], [])
    one = kept_plans.keep("Winter", REQUEST, a_plan())
    assert one.path.parent == tmp_path / "plans" / "tourism"
    assert [path.name for path in one.path.parent.iterdir()] == [one.path.name]
    assert kept_plans.kept() == ([one], [])
    assert "Winter · 05 Jan 2026 to 26 Jan 2026" in one.label
    for number, text in enumerate(("{", "[]", '{"format": 2}', '{"format": 1, "name": "x"}')):
        (one.path.parent / f"broken-{number}.json").write_text(text)
    found, broken = kept_plans.kept()
    assert found == [one]
    assert len(broken) == 4


def test_a_plan_is_taken_away_as_csv_and_as_a_workbook() -> None:
    lines = plan_files.csv(a_plan()).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("week,location,market,segment,spend,visitors")
    assert len(lines) == 1 + len(a_plan()["rows"])
    assert any(line.startswith("2026-01-05,'=Río,brazil,a,50.0") for line in lines)
    with zipfile.ZipFile(io.BytesIO(plan_files.xlsx(REQUEST, a_plan()))) as book:
        names = book.read("xl/workbook.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    for sheet in ("Plan", "By location", "By market", "Compared", "Gaps", "Evidence", "About"):
        assert f'name="{sheet}"' in names
    assert "campaign_uplift 3 (response)" in texts
    assert "equal spread" in texts


@contextmanager
def service(answers: dict[str, list[tuple[int, object]]]) -> Iterator[str]:
    """A service that gives each path its answers in turn, the last one again and again."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = answers[self.path]
            status, body = told.pop(0) if len(told) > 1 else told[0]
            content = json.dumps(body).encode()
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *said: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


STATUS, RESULT = f"{plans.PATH}/status?task_id=1", f"{plans.PATH}/result?task_id=1"
WORKING = {"status": "in_progress", "status_url": STATUS, "result_url": RESULT}
DONE = WORKING | {"status": "completed"}


def test_a_plan_is_waited_for(monkeypatch) -> None:
    answers = {
        plans.PATH: [(202, WORKING)],
        STATUS: [(200, WORKING), (200, DONE)],
        RESULT: [(200, {"basis": "gaps"})],
    }
    with service(answers) as url:
        monkeypatch.setenv("TAMBO_SERVICE_URL", url)
        assert plans.make(REQUEST) == {"basis": "gaps"}


def test_a_plan_that_fails_says_why(monkeypatch) -> None:
    refused = invalid(("budget",), "must be more than 0").problem.model_dump()
    with service({plans.PATH: [(422, refused)]}) as url:
        monkeypatch.setenv("TAMBO_SERVICE_URL", url)
        with pytest.raises(ProblemError, match="budget: must be more than 0") as caught:
            plans.make(REQUEST)
    assert caught.value.problem.errors[0].field == "budget"
    gone = problem(404, "there is no such task", remedy="submit the request again").model_dump()
    with service({plans.PATH: [(202, WORKING)], STATUS: [(404, gone)]}) as url:
        monkeypatch.setenv("TAMBO_SERVICE_URL", url)
        with pytest.raises(ServingError, match="there is no such task"):
            plans.make(REQUEST)


def test_a_plan_that_takes_too_long_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(asking, "_TASK_SECONDS", 0.3)
    with service({plans.PATH: [(202, WORKING)], STATUS: [(200, WORKING)]}) as url:
        monkeypatch.setenv("TAMBO_SERVICE_URL", url)
        with pytest.raises(ServingError, match="works on it for"):
            plans.make(REQUEST)
