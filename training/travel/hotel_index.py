"""The candidate index of hotels, from the stays and flights that were known at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa

from tambo.serving.candidate_index import CandidateIndex
from training.candidate_index import Choices, build_index
from training.labels import LabelTable, read_labels

STAYS = LabelTable("marts.label_hotel_stay", ("travel_code",), "hotel_name", timedelta(0))
LEGS = LabelTable(
    "marts.label_flight_price", ("travel_code", "origin", "destination"), "price", timedelta(0)
)
LATELY = timedelta(days=365)
"""Stays and flights of the last year tell what is popular, and where somebody can fly to."""


def build(
    connection: duckdb.DuckDBPyConnection, known_by: datetime, seed: int
) -> CandidateIndex | None:
    """Build the index of what was known by an instant.

    Args:
        connection: the lake, attached at the release's snapshot.
        known_by: naive, UTC; nothing that became known later plays a part.
        seed: of the factorisation and of the tastes.

    Returns:
        The index; None where no stay was known.
    """
    stays = read_labels(connection, STAYS, known_by=known_by)
    if not stays.num_rows:
        return None
    connection.register("known_stays", stays)
    try:
        items = connection.execute(
            "SELECT hotel_name AS name, place, avg(nightly_price) AS price "
            "FROM known_stays GROUP BY ALL ORDER BY place, name"
        ).to_arrow_table()
    finally:
        connection.unregister("known_stays")
    number = {
        pair: position
        for position, pair in enumerate(
            zip(items.column("name").to_pylist(), items.column("place").to_pylist(), strict=True)
        )
    }
    pairs = zip(
        stays.column("hotel_name").to_pylist(), stays.column("place").to_pylist(), strict=True
    )
    item = np.array([number[pair] for pair in pairs], dtype=np.int64)
    _, person = np.unique(stays.column("user_code").to_numpy(), return_inverse=True)
    times = stays.column("event_timestamp").to_numpy().astype("datetime64[us]")
    lately = times >= np.datetime64(known_by - LATELY, "us")
    routes = _routes(connection, known_by)
    return build_index(items, Choices(person.astype(np.int64), item, lately), routes, seed)


def _routes(connection: duckdb.DuckDBPyConnection, known_by: datetime) -> pa.Table:
    legs = read_labels(connection, LEGS, known_by=known_by, start=known_by - LATELY)
    connection.register("known_legs", legs)
    try:
        return connection.execute(
            "SELECT origin, destination, "
            "bit_or(CAST(1 << (isodow(travel_date) - 1) AS UTINYINT)) AS weekdays "
            "FROM known_legs GROUP BY ALL ORDER BY ALL"
        ).to_arrow_table()
    finally:
        connection.unregister("known_legs")
