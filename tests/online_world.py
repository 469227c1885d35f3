"""A lake with two releases, made to be published, read and killed: what each key has in each."""

from __future__ import annotations

from datetime import timedelta

from feature_lake import day, release, write

N = 6_000
"""Keys of the first release: more than a batch is long in these tests."""

COLUMNS = "number BIGINT, event_timestamp TIMESTAMP, created_timestamp TIMESTAMP, x DOUBLE"
VIEWS = ("stays", "trips")
BATCH = 1_000


def definitions():
    from feast import Entity, FeatureService, FeatureView, Field, ValueType
    from feast.types import Float64, Int64

    from tambo.featurestore.source import DuckLakeSource

    number = Entity(name="number", value_type=ValueType.INT64)
    views = [
        FeatureView(
            name=name,
            entities=[number],
            ttl=timedelta(0),
            source=DuckLakeSource(
                table=f"marts.{name}", created_timestamp_column="created_timestamp", records=True
            ),
            schema=[Field(name="number", dtype=Int64), Field(name="x", dtype=Float64)],
        )
        for name in VIEWS
    ]
    return [number, *views, FeatureService(name="both_v1", features=views)]


def insert(view, numbers, event, created, x):
    first, last = numbers
    return (
        f"INSERT INTO lake.marts.{view} SELECT i, TIMESTAMP '{day(event)}', "
        f"TIMESTAMP '{day(created)}', {x} FROM range({first}, {last}) t(i)"
    )


def two_releases(settings):
    """Release 2 only adds and deletes rows, as an incremental build does."""
    for view in VIEWS:
        write(
            settings,
            f"CREATE TABLE lake.marts.{view} ({COLUMNS})",
            insert(view, (0, N), 1, 2, 1.0),
        )
    release(settings, 1)
    for view in VIEWS:
        write(
            settings,
            insert(view, (0, 2_000), 40, 41, 2.0),
            # It comes late, and says that it was known long before release 1.
            insert(view, (2_000, 2_500), 5, 5, 2.0),
            # Withdrawn: the key stays, with nothing in it.
            insert(view, (2_500, 2_600), 1, 50, "NULL"),
            f"DELETE FROM lake.marts.{view} WHERE number >= {N - 100}",
            insert(view, (N, N + 100), 40, 41, 2.0),
        )
    release(settings, 2)


def expected(number, code):
    """What a key's x is in a release."""
    if number == 1:
        return 1.0 if code < N else None
    if code < 2_500 or code >= N:
        return 2.0
    return None if code < 2_600 or code >= N - 100 else 1.0
