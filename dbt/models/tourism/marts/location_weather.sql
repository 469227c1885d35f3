{%- set keys = ['location'] %}
{%- set measures = ['temperature', 'precipitation', 'humidity'] %}
{{ config(unique_key=keys) }}

with {{ known_days(
    ref('int_weather_days'),
    keys,
    ref('int_weather_changes'),
    tourism_zone(),
    range(-55, 1) | list,
) }}

states as (
    select
        location,
        created_timestamp,
        last_day,
        {{ each(measures, "list(coalesce($, 'nan') order by day_offset) as daily_$") }}
    from known_days
    group by all
)

select
    location,
    {{ local_midnight('last_day + 1', tourism_zone()) }} as event_timestamp,
    created_timestamp,
    daily_temperature,
    daily_precipitation,
    daily_humidity,
    {{ local_midnight('last_day + 1', tourism_zone()) }} as measured_until
from states
{{ anchors(keys) }}
