{%- set keys = ['location'] %}
{%- set measures = ['temperature', 'precipitation', 'humidity'] %}
{{ config(unique_key=['location', 'local_day']) }}

with {{ touched_days(
    source('tourism', 'weather_forecast'), keys, local_date('issued_at', tourism_zone())
) }}

forecasts as (
    select
        *,
        -- The day of the issue: by it forecasts are computed again.
        {{ local_date('issued_at', tourism_zone()) }} as local_day,
        {{ local_date('valid_at', tourism_zone()) }} as valid_day,
        greatest(known_at, issued_at) as created_timestamp
    from {{ ref('stg_weather_forecast') }}
),

issued as (
    select
        *,
        lead(created_timestamp) over (
            partition by location, issued_at, valid_at
            order by created_timestamp, batch_id, row_number
        ) as ended_timestamp
    from forecasts
    {{ only_touched_days(keys) }}
),

instants as (
    select distinct
        location,
        local_day,
        issued_at,
        created_timestamp
    from issued
),

standing as (
    select * from issued
    where not withdrawn
),

days as (
    select
        instants.location,
        instants.local_day,
        instants.issued_at,
        instants.created_timestamp,
        issued.valid_day - instants.local_day as days_ahead,
        {{ each(measures, 'sum(' ~ millionths('issued.$') ~ ') as $_sum') }},
        {{ each(measures, 'count(issued.$) as $_hours') }}
    from instants
    left join standing as issued
        on
            instants.location = issued.location
            and instants.issued_at = issued.issued_at
            and instants.created_timestamp >= issued.created_timestamp
            and instants.created_timestamp < {{ stands_until('issued.ended_timestamp') }}
    group by all
),

-- The day of the issue and the ten days after it.
facts as (
    select
        location,
        local_day,
        issued_at as event_timestamp,
        created_timestamp,
        {{ each(measures, by_days_ahead('$', 11) ~ ' as $') }}
    from days
    group by location, local_day, issued_at, created_timestamp
)

select
    *,
    lead(created_timestamp) over (
        partition by location, event_timestamp
        order by created_timestamp
    ) as ended_timestamp
from facts
{{ replace_touched_days(keys) }}
