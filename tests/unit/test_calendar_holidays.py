"""The door "holidays": what a country's library becomes, and what a second run gives."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from tambo.errors import SourceError
from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.calendar.holiday_door import HolidayDoor, holidays_of
from tambo.sources.contracts import load
from tambo.sources.door import Page, State

DOOR = HolidayDoor("tourism")
THIS_YEAR = datetime.now().year


def pages(state: State | None = None, **settings: Any) -> list[Page]:
    return list(DOOR.pages(Settings(**settings), state or {}, silent))


def rows(page: Page) -> list[dict[str, Any]]:
    return page.rows.to_pylist()


def kinds(**settings: Any) -> set[tuple[str, str, str]]:
    """Day, type and location in 2026."""
    return {key[:3] for key in holidays_of(Settings(**settings), range(2026, 2027))}


def test_peru_in_its_own_language_to_the_end_of_next_year() -> None:
    (page,) = pages(holidays_from=2024)
    assert page.rows.column_names == load("tourism").tables["holidays"].file_columns
    found = {row["holiday_date"]: row for row in rows(page)}
    day = found[date(2024, 7, 28)]
    assert day["name"] == "Día de la Independencia"
    assert (day["holiday_type"], day["location"]) == ("public", "national")
    assert day["announced_at"] == datetime(2023, 1, 1)
    assert {d.year for d in found} == set(range(2024, THIS_YEAR + 2))


def test_the_machine_s_language_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = pages(holidays_from=2025)
    monkeypatch.setenv("LANGUAGE", "en_US")
    (second,) = pages(holidays_from=2025)
    assert first.rows == second.rows


def test_a_second_run_gives_nothing() -> None:
    (page,) = pages(holidays_from=2025)
    assert pages(page.state, holidays_from=2025) == []


def test_a_new_year_gives_only_its_own() -> None:
    (page,) = pages(holidays_from=2025)
    old = {**page.state, "years": f"2025 to {THIS_YEAR}"}
    calendar = [e for e in json.loads(str(old["given"])) if e[0][0] < str(THIS_YEAR + 1)]
    old["given"] = json.dumps(calendar)
    (later,) = pages(old, holidays_from=2025)
    assert {row["holiday_date"].year for row in rows(later)} == {THIS_YEAR + 1}
    assert later.state == page.state


def test_another_country_withdraws_the_rows_of_the_old_one() -> None:
    (peru,) = pages(holidays_from=2025)
    (chile,) = pages(peru.state, holidays_from=2025, holidays_country="CL")
    held = {
        tuple(row[k] for k in ("holiday_date", "holiday_type", "location", "name")): row
        for row in rows(peru)
    }
    for row in rows(chile):
        key = tuple(row[k] for k in ("holiday_date", "holiday_type", "location", "name"))
        if row["withdrawn"]:
            del held[key]
        else:
            held[key] = row
    (alone,) = pages(holidays_from=2025, holidays_country="CL")
    assert {key[0] for key in held} == {row["holiday_date"] for row in rows(alone)}
    assert len(held) == alone.rows.num_rows


def test_a_subdivision_s_own_days_are_regional_at_its_location() -> None:
    spain = {"holidays_country": "ES", "holidays_subdivision": "MD", "holidays_location": "Madrid"}
    assert ("2026-05-02", "regional", "Madrid") in kinds(**spain)
    assert ("2026-01-01", "public", "national") in kinds(**spain)
    assert ("2026-01-01", "regional", "Madrid") not in kinds(**spain)


def test_other_kinds_and_working_days() -> None:
    brazil = kinds(holidays_country="BR")  # Carnival is optional there
    assert ("2026-02-17", "optional", "national") in brazil
    malaysia = holidays_of(Settings(holidays_country="MY"), range(2026, 2027))
    assert {key[1] for key in malaysia} <= set(
        load("tourism").tables["holidays"].columns["holiday_type"].allowed or []
    )
    # 2026-10-10 is worked in China instead of a day of the holiday week.
    assert not any(
        key[0] == "2026-10-10"
        for key in holidays_of(Settings(holidays_country="CN"), range(2026, 2027))
    )


def test_days_that_are_observed_later_and_two_holidays_of_one_day() -> None:
    britain = holidays_of(Settings(holidays_country="GB"), range(2022, 2023))
    assert any(day == "2022-01-03" and "observed" in name for day, _, _, name in britain)
    korea = holidays_of(Settings(holidays_country="KR"), range(2025, 2026))
    assert len([key for key in korea if key[:2] == ("2025-05-05", "public")]) == 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"holidays_country": "PEE"}, "PE"),
        ({"holidays_country": "peru"}, "PE"),
        ({"holidays_country": "ES", "holidays_subdivision": "Madri"}, "MD"),
        ({"holidays_subdivision": "CUS"}, "it has none"),
        ({"holidays_language": "ez"}, "es"),
    ],
)
def test_what_the_library_lacks_is_refused_with_what_is_close(
    settings: dict[str, str], told: str
) -> None:
    with pytest.raises(SourceError, match="library `holidays` has no") as caught:
        pages(holidays_from=2025, **settings)
    assert told in caught.value.message
    assert "TAMBO_HOLIDAYS_" in str(caught.value.remedy)


def test_a_state_of_someone_else_is_refused() -> None:
    with pytest.raises(SourceError, match="state of holidays"):
        pages({"given": "[1]"}, holidays_from=2025)
