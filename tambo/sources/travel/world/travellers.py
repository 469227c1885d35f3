"""The travellers' tastes and homes, which they keep for ever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ints, cumulative, ids
from tambo.sources.travel.world.places import (
    AGENCIES,
    AGENCY_SHARE,
    CLASSES,
    FIRST_CLASS_ONLY,
    PLACES,
    STYLES,
    distances_km,
)
from tambo.sources.travel.world.users import ages, homes

TRIPS_A_YEAR, TRIPS_SPREAD, MOST_TRIPS_A_YEAR = 8.0, 0.5, 40.0


@dataclass(frozen=True)
class Travellers:
    """A range of travellers; arrays have one row each, in order of `code`.

    Args:
        code: user code.
        home: index of PLACES.
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
    home: Ints
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


def _destinations(draws: Draws, code: Ints, home: Ints) -> Floats:
    place = np.arange(len(PLACES))
    far = (distances_km() / 1000)[home]
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


def travellers(draws: Draws, code: Ints) -> Travellers:
    """The travellers with these codes."""
    of = ids(code)
    home = homes(draws, of)
    comfort = 0.7 * draws.normal("comfort", of) + 0.02 * (ages(draws, of) - 44)
    rungs = np.stack([np.zeros(len(code)), 0.9 * comfort - 1.0, 1.6 * comfort - 2.2], axis=1)
    trips = np.exp(
        np.log(TRIPS_A_YEAR) - TRIPS_SPREAD**2 / 2 + TRIPS_SPREAD * draws.normal("trips", of)
    )
    return Travellers(
        code=code,
        home=home,
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
