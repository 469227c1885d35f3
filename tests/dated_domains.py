"""Two toy domains on the whole road whose data end years apart: `early` in 2012, `late` in 2026.

Each counts the visitors of two places, once a day at 10:00 UTC, known at once. Of "open" there are
counts to the end; "shut" was shut 200 days before it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

import toy_domain
from hourly_domain import CONTRACT, HEADER

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.publish import Published, publish
from tambo.ingest import ingest
from tambo.lake import ready, releases
from tambo.lake.build import BuildResult, build
from tambo.lake.releases import Release
from tambo.settings import Settings

LAST = {"early": date(2012, 12, 31), "late": date(2026, 3, 31)}
"""Day of the newest count."""

DAYS, SHUT_FOR, TTL_DAYS = 400, 200, 30
HOUR = time(10)

_SOURCES = """
sources:
  - name: {d}
    database: lake
    schema: raw
    tables:
      - name: {d}_counts
"""
_STAGING = """
{{{{ config(materialized='view') }}}}

select
    place,
    counted_at,
    visitors,
    coalesce(withdrawn, false) as withdrawn,
    _batch_id as batch_id,
    _row_number as row_number,
    _event_at as event_at,
    _known_at as known_at
from {{{{ source('{d}', '{d}_counts') }}}}
"""
_FACTS = """
{{{{ config(unique_key=['place']) }}}}

with {{{{ touched(source('{d}', '{d}_counts'), 'place', 'place') }}}}

counts as (
    select * from {{{{ ref('stg_{d}_counts') }}}}
    {{{{ only_touched('place') }}}}
),

versions as (
    select
        *,
        lead(known_at) over (
            partition by place, counted_at order by known_at, batch_id, row_number
        ) as ended_timestamp
    from counts
),

facts as (
    select
        place,
        counted_at,
        visitors,
        event_at + interval 1 microsecond as event_timestamp,
        known_at as created_timestamp,
        ended_timestamp,
        {{{{ window_end('event_at', 'UTC') }}}} as window_ended_timestamp
    from versions
    where not withdrawn
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
{{{{ replace_touched('place') }}}}
"""
_CHANGES = """
{{{{ config(materialized='table') }}}}

{{{{ changed_facts(
    facts=ref('int_{d}_facts'),
    raw=source('{d}', '{d}_counts'),
    raw_key='place',
    key='place',
) }}}}
"""
_FLOW = """
{{%- set keys = ['place'] %}}
{{{{ config(unique_key=keys) }}}}

with facts as not materialized (
    select *, 1 as counts from {{{{ ref('int_{d}_facts') }}}}
),

{{{{ running_state(
    'facts',
    keys,
    totals=['counts', 'visitors'],
    window_totals=['visitors'],
    changes=ref('int_{d}_changes'),
) }}}}

select
    place,
    event_timestamp,
    created_timestamp,
    cast(visitors as bigint) as visitors,
    cast(visitors_90d as bigint) as visitors_90d
from states
{{{{ anchors(keys) }}}}
"""
_FLOW_YML = """
models:
  - name: {d}_flow
    description: One row per place and instant at which what is known of its visitors changes.
    config:
      contract: {{enforced: true}}
    columns:
      - name: place
        data_type: varchar
        constraints: [{{type: not_null}}]
      - name: event_timestamp
        data_type: timestamp
        constraints: [{{type: not_null}}]
      - name: created_timestamp
        data_type: timestamp
        constraints: [{{type: not_null}}]
      - name: visitors
        data_type: bigint
        config: {{meta: {{feature: true, min: 0, nullable: true}}}}
      - name: visitors_90d
        data_type: bigint
        config: {{meta: {{feature: true, min: 0, nullable: true}}}}
"""
_LABEL = """
{{{{ config(materialized='table') }}}}

-- Censored: who has not come again by as_of has stayed away until then. It is known at as_of alone.
select
    place,
    event_timestamp,
    {{{{ as_of() }}}} as created_timestamp,
    date_diff('day', event_timestamp, coalesce(next_event, {{{{ as_of() }}}})) as quiet_days
from (
    select
        place,
        event_timestamp,
        lead(event_timestamp) over (partition by place order by event_timestamp) as next_event
    from {{{{ ref('int_{d}_facts') }}}}
    where ended_timestamp is null
)
"""
_LABEL_YML = """
models:
  - name: label_{d}_quiet
    description: One row per place and count; how many days it stayed quiet after it.
    config:
      meta: {{label: true}}
    columns:
      - name: place
        data_type: varchar
      - name: event_timestamp
        data_type: timestamp
      - name: created_timestamp
        data_type: timestamp
      - name: quiet_days
        data_type: bigint
        config: {{meta: {{min: 0}}}}
"""
_VIEWS = """
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, ValueType
from feast.types import Int64, String

from tambo.featurestore.source import DuckLakeSource

{d}_place = Entity(name="{d}_place", join_keys=["place"], value_type=ValueType.STRING)
{d}_flow = FeatureView(
    name="{d}_flow",
    entities=[{d}_place],
    ttl=timedelta(days={ttl}),
    schema=[
        Field(name="place", dtype=String),
        Field(name="visitors", dtype=Int64),
        Field(name="visitors_90d", dtype=Int64),
    ],
    source=DuckLakeSource(
        name="{d}_flow",
        table="marts.{d}_flow",
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    ),
    tags={{"domain": "{d}"}},
)
{d}_flow_v1 = FeatureService(name="{d}_flow_v1", features=[{d}_flow], tags={{"domain": "{d}"}})
"""


def _slices(domain: str) -> dict[str, str]:
    models = f"dbt/models/{domain}"
    return {
        f"tambo/sources/{domain}/__init__.py": "",
        f"tambo/sources/{domain}/contracts.yml": CONTRACT.format(domain=domain, zone="UTC"),
        f"{models}/staging/__sources.yml": _SOURCES.format(d=domain),
        f"{models}/staging/stg_{domain}_counts.sql": _STAGING.format(d=domain),
        f"{models}/intermediate/int_{domain}_facts.sql": _FACTS.format(d=domain),
        f"{models}/intermediate/int_{domain}_changes.sql": _CHANGES.format(d=domain),
        f"{models}/marts/{domain}_flow.sql": _FLOW.format(d=domain),
        f"{models}/marts/{domain}_flow.yml": _FLOW_YML.format(d=domain),
        f"{models}/marts/label_{domain}_quiet.sql": _LABEL.format(d=domain),
        f"{models}/marts/label_{domain}_quiet.yml": _LABEL_YML.format(d=domain),
        f"feature_repo/{domain}/__init__.py": "",
        f"feature_repo/{domain}/views.py": _VIEWS.format(d=domain, ttl=TTL_DAYS),
    }


@contextmanager
def declared(root: Path) -> Iterator[None]:
    """Let both domains be found beside the project's own, which has no raw files."""
    with toy_domain.declared(root, _slices("early") | _slices("late")):
        yield


def visitors(place: str, day: date) -> int:
    """How many came; another number every day."""
    return 10 + (day.toordinal() * (7 if place == "open" else 3)) % 89


def known_days(domain: str, place: str, last: date | None = None) -> list[date]:
    """Days of which there is a count."""
    end = last or LAST[domain]
    first = LAST[domain] - timedelta(days=DAYS)
    end = end if place == "open" else LAST[domain] - timedelta(days=SHUT_FOR)
    return [first + timedelta(days=one) for one in range((end - first).days + 1)]


def as_of(domain: str, last: date | None = None) -> datetime:
    """The newest instant at which a count was known and over: a microsecond after it."""
    return datetime.combine(last or LAST[domain], HOUR) + timedelta(microseconds=1)


def take_in(settings: Settings, folder: Path, domain: str, *, after: date | None = None) -> None:
    """Write a file of the domain's counts, each day after one of them or all, and ingest it.

    Args:
        after: the days are the ten after this one, of "open"; None: the whole history.
    """
    days = {place: known_days(domain, place) for place in ("open", "shut")}
    if after is not None:
        days = {"open": [after + timedelta(days=one) for one in range(1, 11)]}
    folder.mkdir(parents=True)
    path = folder / f"{domain}_counts_{max(days['open'])}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        for place, some in days.items():
            writer.writerows(
                (place, f"{day} {HOUR:%H:%M:%S}", visitors(place, day)) for day in some
            )
    # Known when it was true, as the first load of such a table is.
    ingest(settings, folder, history=True)


def go(settings: Settings) -> tuple[BuildResult, Release, Published]:
    """From raw to what is online."""
    made = build(settings)
    validate(settings)
    chosen = releases.release(settings).release
    return made, chosen, publish(settings, definitions(settings))


def definitions(settings: Settings) -> list:
    """Those of the domains that the latest release holds."""
    return all_objects(ready.in_release(settings, releases.latest(settings)).domains)
