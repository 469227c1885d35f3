"""The sample world keeps to its equations, and the truth beside it is the truth it was made from."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from world_reader import Row, date, instant, last_versions, notes, read_world

from tambo.errors import TamboError
from tambo.sources.travel.world import Truth, generate, read_truth
from tambo.sources.travel.world.places import AGENCIES, CLASSES, NAMES

FIRST = datetime(2024, 1, 1)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth") / "world"
    generate(folder, travellers=700, years=2, seed=5, dirty_share=0.0)
    return folder


@pytest.fixture(scope="module")
def truth(out: Path) -> Truth:
    return read_truth(out)


@pytest.fixture(scope="module")
def flights(out: Path) -> list[Row]:
    # Lines whose correction would come after the end stay wrong: leave the last months out.
    rows = last_versions(read_world(out), "flights")
    return [row for row in rows if row["booked_at"] < "2025-10"]


@pytest.fixture(scope="module")
def hotels(out: Path) -> list[Row]:
    rows = last_versions(read_world(out), "hotels")
    return [row for row in rows if row["booked_at"] < "2025-10"]


def _expected(truth: Truth, rows: list[Row]) -> np.ndarray:
    return truth.fares.expected(
        np.array([NAMES.index(row["from"]) for row in rows]),
        np.array([NAMES.index(row["to"]) for row in rows]),
        np.array([CLASSES.index(row["flightType"]) for row in rows]),
        np.array([AGENCIES.index(row["agency"]) for row in rows]),
        np.array([(date(row["date"]) - FIRST).days for row in rows]),
        np.array([(instant(row["booked_at"]) - FIRST).days for row in rows]),
    )


def _prices(rows: list[Row]) -> np.ndarray:
    return np.array([float(row["price"]) for row in rows])


def test_fares_follow_the_equation_up_to_five_percent_noise(truth, flights):
    noise = np.log(_prices(flights) / _expected(truth, flights))
    assert noise.mean() == pytest.approx(0, abs=0.002)
    assert noise.std() == pytest.approx(0.05, rel=0.05)
    assert np.abs(noise).max() < 0.3


def test_each_factor_of_a_fare_is_visible_in_the_prices(truth, flights):
    """Hand computation from the tables beside the files, without the generator's code."""
    folder_price = np.log(_prices(flights))
    lead = np.array([(date(r["date"]) - instant(r["booked_at"])).days + 1 for r in flights])
    route = [f"{row['from']}>{row['to']}>{row['flightType']}" for row in flights]
    near, far = _by_route(route, folder_price, lead <= 5), _by_route(route, folder_price, lead > 35)
    dearer = np.mean([near[key] - far[key] for key in near if key in far])
    assert 0.3 < dearer < 0.6  # 0.86 + 0.7 exp(-3/11) against 0.86, about +48 %


def _by_route(route: list[str], value: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    groups: dict[str, list[float]] = {}
    for n in np.flatnonzero(chosen):
        groups.setdefault(route[n], []).append(value[n])
    return {key: float(np.mean(values)) for key, values in groups.items() if len(values) >= 10}


def test_demand_has_seasons(out, flights):
    homes = {row["code"]: row["home"] for row in notes(out, "_travellers.csv")}
    beach, mountain = Counter(), Counter()
    for row in flights:
        if row["from"] == homes[row["userCode"]] and row["date"].endswith("2025"):
            month = int(row["date"][:2])
            beach[month] += row["to"] in {"Ilha das Garcas (SC)", "Praia do Farol (RN)"}
            mountain[month] += row["to"] == "Serra Nevoa (RS)"
    assert beach[1] + beach[2] > 1.3 * (beach[6] + beach[8])
    assert mountain[7] + mountain[6] > 1.3 * (mountain[3] + mountain[4])


def test_level_table_is_what_prices_use(out, truth):
    table = {(row["place"], row["date"]): float(row["level"]) for row in notes(out, "_seasons.csv")}
    assert table["Barra Dourada (RJ)", "2025-03-01"] == pytest.approx(  # Carnival
        truth.seasons.level[2, (datetime(2025, 3, 1) - FIRST).days], abs=1e-6
    )
    carnival = table["Barra Dourada (RJ)", "2025-03-01"]
    assert carnival > 1.5 * table["Barra Dourada (RJ)", "2025-03-20"]
    year = [level for (place, day), level in table.items() if place == NAMES[0] and day < "2026"]
    assert np.mean(year) == pytest.approx(1, abs=1e-6)


def test_fares_rebuilt_from_the_tables_alone(out, flights):
    """Anyone can compute the expected fare from the files with an underscore."""
    told = json.loads((out / "_truth.json").read_text())["fare"]
    routes = {(r["from"], r["to"]): float(r["base_fare"]) for r in notes(out, "_routes.csv")}
    level = {(r["place"], r["date"]): float(r["level"]) for r in notes(out, "_seasons.csv")}
    drift = {(r["from"], r["to"], r["date"]): float(r["factor"]) for r in notes(out, "_drift.csv")}
    errors = []
    for row in flights[:500]:
        day, booked = date(row["date"]), instant(row["booked_at"])
        lead = (day.date() - booked.date()).days
        iso = day.date().isoformat()
        season = level[row["from"], iso] * level[row["to"], iso]
        month = booked.replace(day=1).date().isoformat()  # at most a month of drift off
        fare = (
            routes[row["from"], row["to"]]
            * told["class_factor"][row["flightType"]]
            * told["agency_markup"][row["agency"]]
            * season ** told["season_power"]
            * told["weekday_factor_from_monday"][day.weekday()]
            * (told["lead_floor"] + told["lead_rise"] * np.exp(-lead / told["lead_days"]))
            * drift[row["from"], row["to"], month]
        )
        errors.append(np.log(float(row["price"]) / fare))
    assert np.mean(errors) == pytest.approx(0, abs=0.01)
    assert np.std(errors) == pytest.approx(0.05, abs=0.01)


def test_only_one_agency_sells_first_class_only(flights):
    sold = {(row["agency"], row["flightType"]) for row in flights}
    assert {kind for agency, kind in sold if agency == "Ceu de Ouro"} == {"firstClass"}
    assert len({kind for agency, kind in sold if agency == "Asa Azul"}) == 3


def test_travellers_start_at_home_and_keep_their_tastes(out, flights):
    people = {row["code"]: row for row in notes(out, "_travellers.csv")}
    outward = [row for row in flights if row["from"] == people[row["userCode"]]["home"]]
    assert 0.49 < len(outward) / len(flights) < 0.51
    # The stated chances predict the destinations better than the overall shares do.
    overall = Counter(row["to"] for row in outward)
    total = sum(overall.values())
    own = popular = 0.0
    for row in outward:
        person, place = people[row["userCode"]], row["to"]
        share = float(person["business_share"])
        chance = share * float(person[f"business {place}"])
        chance += (1 - share) * float(person[f"leisure {place}"])
        own += np.log(chance)
        popular += np.log(overall[place] / total)
    assert own / total > popular / total + 0.2


def test_trips_a_year_are_about_eight_and_differ(out, flights):
    people = notes(out, "_travellers.csv")
    rates = np.array([float(row["trips_a_year"]) for row in people])
    assert rates.mean() == pytest.approx(8, rel=0.1)
    assert rates.std() > 2.5
    count = Counter(row["userCode"] for row in flights)
    there = [row for row in people if row["joined"] == "2024-01-01"]
    made = np.array([count[row["code"]] / 2 / 1.75 for row in there])
    stated = np.array([float(row["trips_a_year"]) for row in there])
    # 1 % of the trips are withdrawn; bookings and travel days are not of the same season.
    assert made.mean() == pytest.approx(stated.mean(), rel=0.08)
    assert np.corrcoef(made, stated)[0, 1] > 0.75


def test_hotels_are_chosen_by_true_utility(out, truth, hotels):
    people = {row["code"]: row for row in notes(out, "_travellers.csv")}
    names = list(truth.hotels.names)
    styles = ("beach_weight", "city_weight", "nature_weight")
    chances, hits, by_chance = [], 0, 0.0
    for row in hotels:
        person, chosen = people[row["userCode"]], names.index(row["name"])
        offers = np.flatnonzero(truth.hotels.place == NAMES.index(row["place"]))
        utility = truth.hotels.utility(
            offers,
            np.array((date(row["date"]) - FIRST).days),
            np.array(float(person["quality_weight"])),
            np.array(float(person["price_weight"])),
            np.array([float(person[style]) for style in styles]),
        )
        weight = np.exp(utility - utility.max())
        chance = weight / weight.sum()
        chances.append(chance[list(offers).index(chosen)])
        hits += chosen == offers[np.argmax(utility)]
        by_chance += chance.max()
    assert 4 <= len(offers) <= 8
    assert hits / len(hotels) == pytest.approx(by_chance / len(hotels), abs=0.02)
    assert hits / len(hotels) > 0.3


def test_hotels_have_tiers_and_seasonal_prices(out, truth, hotels):
    rows = notes(out, "_hotels.csv")
    assert all(4 <= count <= 8 for count in Counter(row["place"] for row in rows).values())
    assert len({row["name"] for row in rows}) == len(rows)
    base = {n: np.mean([float(r["base_price"]) for r in rows if r["tier"] == n]) for n in "0123"}
    assert base["0"] < base["1"] < base["2"] < base["3"]
    names = list(truth.hotels.names)
    noise = [
        np.log(
            float(row["price"])
            / truth.hotels.expected_price(
                np.array(names.index(row["name"])), np.array((date(row["date"]) - FIRST).days)
            )
        )
        for row in hotels
    ]
    assert np.std(noise) == pytest.approx(0.03, rel=0.1)


def test_first_names_tell_gender_but_not_always(out):
    people = {row["code"]: row for row in notes(out, "_travellers.csv")}
    rows = last_versions(read_world(out), "users")
    assert all(row["gender"] in {people[row["code"]]["gender"], "none"} for row in rows)
    none = sum(row["gender"] == "none" for row in rows) / len(rows)
    assert none == pytest.approx(0.12, abs=0.04)
    by_name: dict[str, Counter[str]] = {}
    for row in rows:
        by_name.setdefault(row["name"].split()[0], Counter())[people[row["code"]]["gender"]] += 1
    guessed = sum(max(counts.values()) for counts in by_name.values()) / len(rows)
    assert 0.93 < guessed < 1


def test_no_world_no_truth(tmp_path):
    with pytest.raises(TamboError, match="no sample world"):
        read_truth(tmp_path)
