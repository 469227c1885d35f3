{%- set keys = ['aircraft_id', 'day'] %}
{%- set changes = ref('int_vessel_changes') %}
{{ config(unique_key=keys) }}

with maintenances as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_maintenances') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

heard as (
    select
        aircraft_id,
        min({{ starts_at() }}) as first_at
    from (
        select aircraft_id, event_timestamp, created_timestamp from {{ ref('int_flights') }}
        union all
        select aircraft_id, event_timestamp, created_timestamp from {{ ref('int_log_entries') }}
        union all
        select aircraft_id, event_timestamp, created_timestamp from {{ ref('int_maintenances') }}
    )
    group by aircraft_id
),

vessel_days as (
    select
        aircraft_id,
        unnest(generate_series(
            {{ midnight('first_at') }} + interval 1 day, {{ as_of() }}, interval 1 day
        )) as day_start
    from heard
    where first_at <= {{ as_of() }}
),
{% if in_increment() %}
numbered as materialized (
    select
        days_known.aircraft_id,
        days_known.day,
        news.since
    from (
        select aircraft_id, cast(day_start as date) as day from vessel_days
        union
        select aircraft_id, day from {{ this }}
    ) as days_known
    cross join (select min(since) as since from {{ changes }}) as news
    where news.since is not null
),
{% endif %}
-- Until when hangars have told, all vessels together: what a later line is about was told by then.
watched as materialized (
    select
        instant,
        max(max(reach)) over (order by instant) as watched_until
    from (
        select
            {{ starts_at() }} as instant,
            greatest(
                event_timestamp, if(finished_at <= {{ starts_at() }}, finished_at, null)
            ) as reach
        from {{ ref('int_maintenances') }}
        union all
        select {{ starts_at() }} as instant, event_timestamp as reach
        from {{ ref('int_downtimes') }}
        union all
        select {{ starts_at() }} as instant, event_timestamp as reach
        from {{ ref('int_maintenance_plans') }}
    )
    where instant <= {{ as_of() }}
    group by instant
),

steps as (
    select unnest({{ label_steps() }}) as days_watched
),

thresholds as (
    select
        vessel_days.*,
        vessel_days.day_start + to_days(cast(steps.days_watched as integer)) as threshold
    from vessel_days
    cross join steps
),

passed as (
    select
        thresholds.aircraft_id,
        thresholds.day_start,
        reaches.instant
    from thresholds
    asof inner join (
        select watched_until, min(instant) as instant from watched group by watched_until
    ) as reaches
        on thresholds.threshold <= reaches.watched_until
),

news as (
    select
        vessel_days.aircraft_id,
        vessel_days.day_start,
        unnest([maintenances.starts_at, maintenances.ended_timestamp]) as instant
    from vessel_days
    inner join maintenances
        on
            vessel_days.aircraft_id = maintenances.aircraft_id
            and vessel_days.day_start < maintenances.event_timestamp
            and vessel_days.day_start >= maintenances.event_timestamp - interval {{ label_days() }} day
),

instants as (
    select * from passed
    union
    select * from news
    where instant <= {{ as_of() }}
),

dated as (
    select
        instants.*,
        watched.watched_until
    from instants
    asof left join watched
        on instants.instant >= watched.instant
),

known as (
    select
        dated.aircraft_id,
        dated.day_start,
        dated.instant,
        dated.watched_until,
        arg_min(
            maintenances, (maintenances.event_timestamp, maintenances.maintenance_id)
        ) filter (where maintenances.maintenance_id is not null) as next_one,
        min(maintenances.event_timestamp) filter (where maintenances.kind = 'unscheduled')
            as next_fault_at
    from dated
    left join maintenances
        on
            dated.aircraft_id = maintenances.aircraft_id
            and dated.day_start < maintenances.event_timestamp
            and dated.day_start >= maintenances.event_timestamp - interval {{ label_days() }} day
            and dated.instant >= maintenances.starts_at
            and dated.instant < {{ stands_until('maintenances.ended_timestamp') }}
    group by dated.aircraft_id, dated.day_start, dated.instant, dated.watched_until
),

states as (
    select
        aircraft_id,
        cast(day_start as date) as day,
        day_start as event_timestamp,
        instant as created_timestamp,
        {{ days_between('day_start', 'next_one.event_timestamp') }} as days_to_maintenance,
        next_one.kind as maintenance_kind,
        {{ exact('next_one.cost') }} as maintenance_cost,
        {{ days_between('day_start', 'next_fault_at') }} as days_to_fault,
        {% for number in [7, 30, 90] -%}
        {%- set end = "day_start + interval " ~ number ~ " day" -%}
        case
            when next_fault_at <= {{ end }} then true
            when watched_until >= {{ end }} then false
        end as failed_within_{{ number }}d,
        {% endfor -%}
        day_start + to_days(cast(list_max(list_filter(
            {{ label_steps() }},
            lambda step: day_start + to_days(cast(step as integer)) <= watched_until
        )) as integer)) as observed_until
    from known
),

-- Most news of a vessel change the label of few days.
told as (
    select
        states.*,
        lag({{ label_state() }}) over (
            partition by states.aircraft_id, states.day
            order by states.created_timestamp
        ) as before
    from states
)

select told.* exclude (before)
from told
{{ from_since('told', keys) }}
where told.before is distinct from {{ label_state() }}
{{ anchors(keys) }}
