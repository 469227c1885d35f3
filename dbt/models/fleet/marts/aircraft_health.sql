{%- set keys = ['aircraft_id'] %}
{%- set measures = ['engine_health_score', 'temperature_variance'] %}
{{ config(unique_key=keys) }}

with readings as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_readings') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

moments as (
    select
        aircraft_id,
        starts_at as instant,
        event_timestamp as read_at
    from readings
    union all
    select
        aircraft_id,
        ended_timestamp as instant,
        null as read_at
    from readings
    where ended_timestamp is not null
),

{{ vessel_instants('moments', keys, ref('int_reading_changes'), daily=false) }}

-- The newest reading of all so far ends the windows, also if it was withdrawn since.
newest as (
    select distinct
        aircraft_id,
        instant,
        max(read_at) over (
            partition by aircraft_id
            order by instant
            range between unbounded preceding and current row
        ) as newest_at
    from moments
),

anchored as (
    select
        instants.*,
        newest.newest_at
    from instants
    inner join newest
        on
            instants.aircraft_id = newest.aircraft_id
            and instants.created_timestamp = newest.instant
),

lags as (
    select unnest(range(0, 29)) as days_before
),

known as (
    select
        anchored.aircraft_id,
        anchored.created_timestamp,
        readings.event_timestamp as read_at,
        epoch_us(anchored.newest_at) - epoch_us(readings.event_timestamp) as micros_ago,
        {{ readings_known(measures) }}
    from anchored
    cross join lags
    inner join readings
        on
            anchored.aircraft_id = readings.aircraft_id
            and {{ days_earlier('anchored.newest_at', 'lags.days_before') }} = readings.local_day
            and anchored.newest_at >= readings.event_timestamp
            and anchored.newest_at < readings.event_timestamp + interval 672 hour
            and anchored.created_timestamp >= readings.starts_at
            and anchored.created_timestamp < {{ stands_until('readings.ended_timestamp') }}
),

states as (
    select
        aircraft_id,
        created_timestamp,
        max(read_at) as read_at,
        count(*) filter (where micros_ago < {{ hours(168) }}) as readings_7d,
        {{ windows_of_all(measures) }}
    from known
    group by all
)

select
    anchored.aircraft_id,
    anchored.newest_at as event_timestamp,
    anchored.created_timestamp,
    -- Feast's times have no fractions.
    date_trunc('second', states.read_at) as read_at,
    {{ health_features(measures) }}
    cast(states.readings_7d as bigint) as readings_7d
from anchored
left join states
    on
        anchored.aircraft_id = states.aircraft_id
        and anchored.created_timestamp = states.created_timestamp
{{ from_since('anchored', keys) }}
{{ anchors(keys) }}
