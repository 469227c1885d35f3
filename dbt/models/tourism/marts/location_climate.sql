{%- set keys = ['location'] %}
{%- set measures = ['temperature', 'precipitation'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        location,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        cast(null as timestamp) as window_ended_timestamp,
        {{ month_facts(measures) }},
        1 as day_count
    from {{ ref('int_weather_days') }}
    where temperature is not null and precipitation is not null
),

{{ running_state(
    'facts',
    keys,
    totals=month_totals(measures),
    window_totals=[],
    changes=ref('int_weather_changes'),
) }}

select
    location,
    event_timestamp,
    created_timestamp,
    cast(day_count as bigint) as weather_days,
    {{ mean_by_month('temperature', range(1, 13)) }} as month_temperature,
    {{ mean_by_month('precipitation', range(1, 13)) }} as month_precipitation
from states
{{ anchors(keys) }}
