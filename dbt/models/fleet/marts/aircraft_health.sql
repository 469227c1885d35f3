{%- set keys = ['aircraft_id'] %}
{{ config(unique_key=keys) }}

with readings as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_readings') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

moments as (
    select aircraft_id, starts_at as instant, event_timestamp as read_at from readings
    union all
    select aircraft_id, ended_timestamp as instant, null as read_at from readings
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
    select instants.*, newest.newest_at
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
        anchored.newest_at,
        readings.event_timestamp as read_at,
        (epoch_us(anchored.newest_at) - epoch_us(readings.event_timestamp)) // 1000000
            as seconds_ago,
        {% for measure in measures_read() -%}
        readings.{{ measure }} as {{ measure }}_read,
        if(readings.{{ measure }}_is_outlier, null, readings.{{ measure }}) as {{ measure }},
        readings.{{ measure }}_zscore,
        readings.{{ measure }}_is_far_by_zscore,
        readings.{{ measure }}_is_far_by_iqr,
        readings.{{ measure }}_is_outlier{{ ',' if not loop.last }}
        {% endfor %}
    from anchored
    cross join lags
    inner join readings
        on
            anchored.aircraft_id = readings.aircraft_id
            and cast(anchored.newest_at as date) - cast(lags.days_before as integer) = readings.local_day
            and readings.event_timestamp <= anchored.newest_at
            and readings.event_timestamp > anchored.newest_at - interval 672 hour
            and anchored.created_timestamp >= readings.starts_at
            and anchored.created_timestamp < {{ stands_until('readings.ended_timestamp') }}
),

states as (
    select
        aircraft_id,
        created_timestamp,
        max(read_at) as read_at,
        count(*) filter (where seconds_ago < 604800) as readings_7d,
        {% for measure in measures_read() -%}
        arg_max(struct_pack(
            read := {{ measure }}_read,
            zscore := {{ measure }}_zscore,
            by_zscore := {{ measure }}_is_far_by_zscore,
            by_iqr := {{ measure }}_is_far_by_iqr,
            is_outlier := {{ measure }}_is_outlier
        ), read_at) as {{ measure }}_newest,
        arg_max({{ measure }}, read_at) filter (
            where {{ measure }} is not null and seconds_ago <= 86400
        ) as {{ measure }},
        count({{ measure }}) filter (where seconds_ago < 604800) as {{ measure }}_number_7d,
        sum({{ measure }}) filter (where seconds_ago < 604800) as {{ measure }}_sum_7d,
        sum({{ squared(measure) }}) filter (where seconds_ago < 604800) as {{ measure }}_squares_7d,
        count(*) filter (where {{ measure }}_is_outlier) as {{ measure }}_outliers_28d,
        {{ slope(measure, 'true') }} as {{ measure }}_trend_28d{{ ',' if not loop.last }}
        {% endfor %}
    from known
    group by all
)

select
    anchored.aircraft_id,
    anchored.newest_at as event_timestamp,
    anchored.created_timestamp,
    states.read_at,
    {% for measure in measures_read() -%}
    {{ exact('states.' ~ measure, 1000000) }} as {{ measure }},
    {{ exact('states.' ~ measure ~ '_newest.read', 1000000) }} as {{ measure }}_read,
    states.{{ measure }}_newest.zscore as {{ measure }}_zscore,
    states.{{ measure }}_newest.by_zscore as {{ measure }}_is_far_by_zscore,
    states.{{ measure }}_newest.by_iqr as {{ measure }}_is_far_by_iqr,
    states.{{ measure }}_newest.is_outlier as {{ measure }}_is_outlier,
    (states.{{ measure }}_newest.is_outlier or states.{{ measure }}_newest.read is null)
    and states.{{ measure }} is not null as {{ measure }}_is_filled,
    {{ exact_mean('states.' ~ measure ~ '_sum_7d', 'states.' ~ measure ~ '_number_7d', 1000000) }}
        as {{ measure }}_mean_7d,
    {{ exact_std(
        'states.' ~ measure ~ '_sum_7d',
        'states.' ~ measure ~ '_squares_7d',
        'states.' ~ measure ~ '_number_7d',
        1000000,
    ) }} as {{ measure }}_std_7d,
    states.{{ measure }}_trend_28d,
    cast(states.{{ measure }}_outliers_28d as bigint) as {{ measure }}_outliers_28d,
    {% endfor -%}
    cast(states.readings_7d as bigint) as readings_7d
from anchored
left join states using (aircraft_id, created_timestamp)
{{ from_since('anchored', keys) }}
{{ anchors(keys) }}
