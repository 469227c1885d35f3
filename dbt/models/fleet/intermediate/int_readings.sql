{%- set keys = ['aircraft_id'] %}
{%- set measures = ['engine_health_score', 'temperature_variance'] %}
{%- set looked_back = range(0, 8) | list %}
{{ config(unique_key=['aircraft_id', 'local_day']) }}

with {{ touched_days(source('fleet', 'telemetry'), keys, 'cast(read_at as date)', looked_back) }}

{{ lines_around(ref('stg_telemetry'), keys, looked_back) }}

standing as (
    {{ standing_versions('lines', ['aircraft_id', 'read_at']) }}
),

versions as materialized (
    select
        aircraft_id,
        local_day,
        read_at,
        created_timestamp,
        ended_timestamp,
        {{ each(measures, millionths('$') ~ ' as $') }}
    from standing
),

readings as (
    select * from versions
    {{ only_touched_days(keys) }}
),

lags as (
    select unnest({{ looked_back }}) as days_before
),

-- Each version is judged by what was known when it came: later news change no earlier judgement.
usual as (
    select
        readings.aircraft_id,
        readings.read_at,
        readings.created_timestamp,
        {{ usual_of_all(measures) }}
    from readings
    cross join lags
    inner join versions as earlier
        on
            readings.aircraft_id = earlier.aircraft_id
            and readings.local_day - lags.days_before = earlier.local_day
            and readings.read_at > earlier.read_at
            and readings.read_at <= earlier.read_at + interval 168 hour
            and {{ stands_at('earlier', 'readings.created_timestamp') }}
    group by all
),

facts as (
    select
        readings.aircraft_id,
        readings.local_day,
        readings.read_at as event_timestamp,
        readings.created_timestamp,
        readings.ended_timestamp,
        {{ judged_all(measures) }}
    from readings
    left join usual
        on
            readings.aircraft_id = usual.aircraft_id
            and readings.read_at = usual.read_at
            and readings.created_timestamp = usual.created_timestamp
)

select * from facts
{{ replace_touched_days(keys) }}
