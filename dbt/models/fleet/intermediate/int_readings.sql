{%- set keys = ['aircraft_id'] %}
{%- set looked_back = range(0, 8) | list %}
{{ config(unique_key=['aircraft_id', 'local_day']) }}

with {{ touched_days(source('fleet', 'telemetry'), keys, 'cast(read_at as date)', looked_back) }}

lines as (
    select
        *,
        cast(read_at as date) as local_day
    from {{ ref('stg_telemetry') }}
),

{% if in_increment() -%}
needed as (
    select distinct aircraft_id, local_day - unnest({{ looked_back }}) as local_day
    from touched
),

needed_lines as (
    select * from lines
    semi join needed using (aircraft_id, local_day)
),

{% endif -%}
versions as materialized (
    select
        aircraft_id,
        local_day,
        read_at,
        created_timestamp,
        ended_timestamp,
        {{ each(measures_read(), millionths('$') ~ ' as $') }}
    from (
        {{ standing_versions('needed_lines' if in_increment() else 'lines', ['aircraft_id', 'read_at']) }}
    )
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
        {% for measure in measures_read() -%}
        {{ usual_of(measure) }}{{ ',' if not loop.last }}
        {% endfor %}
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
        {% for measure in measures_read() -%}
        readings.{{ measure }},
        {{ judged(measure) }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from readings
    left join usual using (aircraft_id, read_at, created_timestamp)
)

select * from facts
{{ replace_touched_days(keys) }}
