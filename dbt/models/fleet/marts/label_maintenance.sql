{%- set keys = ['aircraft_id', 'planning_day'] %}
{{ config(unique_key=keys) }}

with maintenances as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_maintenances') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

{{ label_days(
    [ref('int_flights'), ref('int_log_entries'), ref('int_maintenances')],
    ref('int_vessel_changes'),
) }}

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
        watched.created_timestamp as instant
    from thresholds
    asof inner join {{ ref('int_hangar_news') }} as watched
        on thresholds.threshold <= watched.event_timestamp
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
            and {{ is_ahead('vessel_days.day_start', 'maintenances') }}
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
        watched.event_timestamp as watched_until
    from instants
    asof left join {{ ref('int_hangar_news') }} as watched
        on instants.instant >= watched.created_timestamp
),

known as (
    select
        dated.aircraft_id,
        dated.day_start,
        dated.instant,
        dated.watched_until,
        arg_min(
            struct_pack(
                kind := maintenances.kind,
                job_cost := maintenances.job_cost,
                event_timestamp := maintenances.event_timestamp
            ),
            (maintenances.event_timestamp, maintenances.maintenance_id)
        ) filter (where maintenances.maintenance_id is not null) as next_one,
        min(maintenances.event_timestamp) filter (where maintenances.kind = 'unscheduled')
            as next_fault_at
    from dated
    left join maintenances
        on
            dated.aircraft_id = maintenances.aircraft_id
            and {{ is_ahead('dated.day_start', 'maintenances') }}
            and dated.instant >= maintenances.starts_at
            and dated.instant < {{ stands_until('maintenances.ended_timestamp') }}
    group by dated.aircraft_id, dated.day_start, dated.instant, dated.watched_until
),

states as (
    select
        aircraft_id,
        cast(day_start as date) as planning_day,
        day_start as event_timestamp,
        instant as created_timestamp,
        {{ days_between('day_start', "next_one['event_timestamp']") }} as days_to_maintenance,
        next_one['kind'] as maintenance_kind,
        {{ exact("next_one['job_cost']") }} as maintenance_cost,
        {{ days_between('day_start', 'next_fault_at') }} as days_to_fault,
        {{ failed_within() }}
        {{ last_step('day_start', 'watched_until') }} as observed_until
    from known
),

-- Most news of a vessel change the label of few days.
told as (
    select
        states.*,
        {{ label_state() }} as said,
        lag({{ label_state() }}) over (
            partition by states.aircraft_id, states.planning_day
            order by states.created_timestamp
        ) as said_before
    from states
),

changed as (
    select * from told
    where said_before is distinct from said
)

select
    changed.aircraft_id,
    changed.planning_day,
    changed.event_timestamp,
    changed.created_timestamp,
    changed.days_to_maintenance,
    changed.maintenance_kind,
    changed.maintenance_cost,
    changed.days_to_fault,
    changed.failed_within_7d,
    changed.failed_within_30d,
    changed.failed_within_90d,
    changed.observed_until
from changed
{{ from_since('changed', keys) }}
{{ anchors(keys) }}
