{%- set keys = ['location'] %}
{%- set measures = ['temperature', 'precipitation', 'humidity'] %}
{%- set local_time = local_date('"timestamp"', tourism_zone()) %}
{{ config(unique_key=['location', 'local_day']) }}

with {{ touched_days(source('tourism', 'weather'), keys, local_time) }}

weather as (
    select
        *,
        {{ local_date('measured_at', tourism_zone()) }} as local_day,
        {{ local_hour('measured_at', tourism_zone()) }} as local_hour
    from {{ ref('stg_weather') }}
),

measured as (
    select
        * exclude (known_at),
        -- An hour is over before it is known.
        greatest(known_at, measured_at + interval 1 hour) as created_timestamp,
        lead(greatest(known_at, measured_at + interval 1 hour)) over (
            partition by location, measured_at
            order by known_at, batch_id, row_number
        ) as ended_timestamp
    from weather
    {{ only_touched_days(keys) }}
),

instants as (
    select distinct
        location,
        local_day,
        created_timestamp
    from measured
),

standing as (
    select * from measured
    where not withdrawn
),

slots as (
    select unnest(range(24)) as local_hour
),

hours as (
    select
        instants.location,
        instants.local_day,
        instants.created_timestamp,
        slots.local_hour,
        {{ each(measures, 'avg(measured.$) as $') }}
    from instants
    cross join slots
    left join standing as measured
        on
            instants.location = measured.location
            and instants.local_day = measured.local_day
            and slots.local_hour = measured.local_hour
            and instants.created_timestamp >= measured.created_timestamp
            and instants.created_timestamp < {{ stands_until('measured.ended_timestamp') }}
    group by all
),

-- The hour itself, or the nearest measured ones before and after it on the same day.
neighbours as (
    select
        location,
        local_day,
        created_timestamp,
        local_hour,
        {{ neighbours(measures) }}
    from hours
),

filled as (
    select
        location,
        local_day,
        created_timestamp,
        {{ each(measures, '$ as measured_$, ' ~ interpolated('$') ~ ' as $') }}
    from neighbours
),

days as (
    select
        location,
        local_day,
        created_timestamp,
        count(measured_temperature) as hours_measured,
        count(temperature) - count(measured_temperature) as hours_interpolated,
        {{ each(measures, mean_of_day('$') ~ ' as $') }}
    from filled
    group by all
),

facts as (
    select
        location,
        local_day,
        least(
            {{ local_midnight('local_day + 1', tourism_zone()) }}, created_timestamp
        ) as event_timestamp,
        created_timestamp,
        lead(created_timestamp) over (
            partition by location, local_day
            order by created_timestamp
        ) as ended_timestamp,
        hours_measured,
        hours_interpolated,
        temperature,
        24 * precipitation as precipitation,
        humidity
    from days
)

select * from facts
{{ replace_touched_days(keys) }}
