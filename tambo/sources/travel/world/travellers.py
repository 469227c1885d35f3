"""The travellers: who they are, and the tastes and homes that they keep for ever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.travel.world import names
from tambo.sources.travel.world.draws import Draws, Flags, Floats, Ints, cumulative, ids
from tambo.sources.travel.world.places import (
    AGENCIES,
    AGENCY_SHARE,
    CLASSES,
    COMPANIES,
    FIRST_CLASS_ONLY,
    NAMES,
    PLACES,
    STYLES,
    distances_km,
)

TRIPS_A_YEAR, TRIPS_SPREAD, MOST_TRIPS_A_YEAR = 8.0, 0.5, 40.0
HOME_IN_OFFICE_CITY = 0.85
GENDER_NOT_STATED, NAME_FOR_EITHER = 0.12, 0.07
GENDERS = ("male", "female", "none")


@dataclass(frozen=True)
class People:
    """A range of travellers; arrays have one row each, in order of `code`.

    Args:
        code: user code.
        company, home: indices of COMPANIES and PLACES.
        first, last: names.
        gender, stated: index of GENDERS, and the one stated, which may be "none".
        age: whole years.
        trips: trips a year.
        business: share of trips on business.
        comfort: taste for the higher classes.
        planner: log factor on the days between booking and travel.
        stay: share of trips with a hotel.
        quality_weight, price_weight, style: tastes in hotels, see hotels.py.
        places: cumulative chances of destinations [purpose, traveller, place].
        classes: cumulative chances of classes [traveller, class].
        agencies: cumulative chances of agencies [traveller, class, agency].
    """

    code: Ints
    company: Ints
    home: Ints
    first: list[str]
    last: list[str]
    gender: Ints
    stated: Ints
    age: Ints
    trips: Floats
    business: Floats
    comfort: Floats
    planner: Floats
    stay: Floats
    quality_weight: Floats
    price_weight: Floats
    style: Floats
    places: Floats
    classes: Floats
    agencies: Floats


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def _homes(draws: Draws, code: Ints, company: Ints) -> Ints:
    offices = [[NAMES.index(city) for city in cities] for cities in COMPANIES.values()]
    most = max(len(cities) for cities in offices)
    table = np.array([(cities * most)[:most] for cities in offices])
    count = np.array([len(cities) for cities in offices])
    nth = np.floor(draws.uniform("office", ids(code)) * count[company]).astype(np.int64)
    anywhere = draws.whole("home", ids(code), 0, len(PLACES) - 1)
    in_office = draws.uniform("home in office city", ids(code)) < HOME_IN_OFFICE_CITY
    return np.where(in_office, table[company, nth], anywhere)


def _name(draws: Draws, purpose: str, code: Ints, choices: tuple[str, ...]) -> list[str]:
    # Squared: the first names of the list are the common ones.
    nth = (draws.uniform(purpose, ids(code)) ** 2 * len(choices)).astype(np.int64)
    return [choices[n] for n in nth]


def _first_names(draws: Draws, code: Ints, gender: Ints) -> list[str]:
    either: Flags = draws.uniform("name for either", ids(code)) < NAME_FOR_EITHER
    male, female, both = (
        _name(draws, "first name", code, choices)
        for choices in (names.MALE, names.FEMALE, names.EITHER)
    )
    return [
        both[n] if either[n] else (male[n] if gender[n] == 0 else female[n])
        for n in range(len(code))
    ]


def _destinations(draws: Draws, code: Ints, home: Ints) -> Floats:
    place = np.arange(len(PLACES))
    far = distances_km()[home] / 1000
    chances = []
    for purpose, spread, per_1000_km in (("leisure", 0.9, 0.25), ("business", 0.7, 0.1)):
        general = np.array([getattr(each, purpose) for each in PLACES])
        own = draws.normal(f"{purpose} places", ids(code[:, None], place))
        weight = np.exp(general + spread * own - per_1000_km * far)
        weight[np.arange(len(code)), home] = 0.0
        chances.append(cumulative(weight))
    return np.stack(chances)


def _agencies(draws: Draws, code: Ints) -> Floats:
    own = draws.normal("agencies", ids(code[:, None], np.arange(len(AGENCIES))))
    weight = np.array(AGENCY_SHARE) * np.exp(0.8 * own)
    sells = np.ones((len(CLASSES), len(AGENCIES)))
    sells[:-1, np.array(FIRST_CLASS_ONLY)] = 0.0
    return cumulative(weight[:, None, :] * sells[None, :, :])


def people(draws: Draws, code: Ints) -> People:
    """The travellers with these codes."""
    of = ids(code)
    company = draws.whole("company", of, 0, len(COMPANIES) - 1)
    home = _homes(draws, code, company)
    gender = draws.whole("gender", of, 0, 1)
    silent = draws.uniform("gender not stated", of) < GENDER_NOT_STATED
    age = draws.whole("age", of, 20, 68)
    comfort = 0.7 * draws.normal("comfort", of) + 0.02 * (age - 44)
    rungs = np.stack([np.zeros(len(code)), 0.9 * comfort - 1.0, 1.6 * comfort - 2.2], axis=1)
    trips = np.exp(
        np.log(TRIPS_A_YEAR) - TRIPS_SPREAD**2 / 2 + TRIPS_SPREAD * draws.normal("trips", of)
    )
    return People(
        code=code,
        company=company,
        home=home,
        first=_first_names(draws, code, gender),
        last=_name(draws, "last name", code, names.LAST),
        gender=gender,
        stated=np.where(silent, GENDERS.index("none"), gender),
        age=age,
        trips=np.minimum(trips, MOST_TRIPS_A_YEAR),
        business=_logistic(-0.3 + 1.2 * draws.normal("business", of)),
        comfort=comfort,
        planner=0.3 * draws.normal("planner", of),
        stay=_logistic(0.5 + 0.9 * draws.normal("stay", of)),
        quality_weight=np.exp(0.3 * draws.normal("quality weight", of)) * 1.1,
        price_weight=np.exp(0.4 * draws.normal("price weight", of) - 0.2 * comfort) * 1.3,
        style=1.5 * draws.normal("style", ids(code[:, None], np.arange(len(STYLES)))),
        places=_destinations(draws, code, home),
        classes=cumulative(np.exp(rungs)),
        agencies=_agencies(draws, code),
    )
