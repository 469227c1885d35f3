"""Flight requests made by a known law, encoded for the flight price model."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from training.design import Design, encode, learn_vocabularies
from training.travel.flight_price import (
    FARE_LOGS,
    GIVEN,
    LEAD,
    MODEL,
    PLACES,
    ROUTE_LOGS,
    TRAVELLER,
)

CITIES = ("Recife", "Natal", "Belem", "Manaus", "Curitiba")
CLASSES = {"economic": 1.0, "premium": 1.6, "firstClass": 2.4}
AGENCIES = {"Azul": 0.95, "Verde": 1.05}
START = datetime(2024, 1, 1)


def table(rows: int, *, seed: int = 1, noise: float = 0.02, season: float = 0.3) -> pa.Table:
    """Requests in order of time: base by route, class, agency, season, lead time, noise.

    A route's and a fare's history is its expected price, without season; the first rows of the
    table have none. Travellers have random histories that say nothing.
    """
    random = np.random.default_rng(seed)
    origin = random.integers(0, len(CITIES), rows)
    destination = (origin + random.integers(1, len(CITIES), rows)) % len(CITIES)
    kilometres = 400.0 + 300.0 * np.abs(origin - destination) + 20.0 * origin
    cabin = random.choice(list(CLASSES), rows)
    agency = random.choice(list(AGENCIES), rows)
    base = 60.0 + 0.4 * kilometres
    fare = base * np.vectorize(CLASSES.get)(cabin) * np.vectorize(AGENCIES.get)(agency)
    day = random.integers(1, 366, rows)
    lead = random.integers(0, 60, rows)
    factor = np.exp(season * np.cos(2 * np.pi * day / 365.0) + 0.3 * np.exp(-lead / 10.0))
    known = np.arange(rows) >= rows // 20
    angle = 2 * np.pi * (day // 31) / 12

    columns: dict[str, object] = {name: random.normal(40, 9, rows) for name in TRAVELLER}
    columns |= dict.fromkeys(PLACES, np.full(rows, 500.0))
    for names, level in ((FARE_LOGS, fare), (ROUTE_LOGS, base * 1.5)):
        for name in names:
            value = np.full(rows, 25.0) if "observations" in name or "std" in name else level
            columns[name] = np.where(known, value, np.nan)
    columns |= {
        LEAD: lead.astype(float),
        GIVEN[0]: kilometres,
        GIVEN[1]: kilometres / 800.0 + 0.5,
        "flight_request__travel_day_of_year": day.astype(float),
        "flight_request__travel_days_from_easter": day - 95.0,
        "flight_request__travel_month_sin": np.sin(angle),
        "flight_request__travel_month_cos": np.cos(angle),
        "flight_request__travel_weekday_sin": np.sin(2 * np.pi * (day % 7) / 7),
        "flight_request__travel_weekday_cos": np.cos(2 * np.pi * (day % 7) / 7),
        "flight_request__travel_is_weekend": (day % 7 >= 5).astype(float),
        "origin": [CITIES[code] for code in origin],
        "destination": [CITIES[code] for code in destination],
        "flight_type": cabin,
        "agency": agency,
        "price": fare * factor * np.exp(noise * random.normal(size=rows)),
        "travel_code": np.arange(rows) // 2,
        "event_timestamp": [START + timedelta(hours=int(hour)) for hour in range(rows)],
    }
    return pa.table(columns)


def design(rows: int, *, seed: int = 1, noise: float = 0.02, season: float = 0.3) -> Design:
    """The same, encoded; the vocabularies hold all cities and agencies."""
    made = table(rows, seed=seed, noise=noise, season=season)
    inputs = learn_vocabularies(MODEL.inputs, table(2_000))
    return encode(made, inputs, MODEL.task.labels(made.column("price")), MODEL.columns)
