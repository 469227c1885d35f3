{%- set keys = ['aircraft_id'] %}
{{ config(unique_key=keys) }}

with maintenances as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_maintenances') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

downtimes as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_downtimes') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

plans as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_maintenance_plans') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

moments as (
    select
        aircraft_id,
        unnest([starts_at, greatest(starts_at, finished_at), ended_timestamp]) as instant
    from maintenances
    union all
    select
        aircraft_id,
        unnest([starts_at, ended_timestamp]) as instant
    from downtimes
    union all
    select
        aircraft_id,
        unnest([starts_at, ended_timestamp]) as instant
    from plans
),

{{ vessel_instants('moments', keys, ref('int_vessel_changes')) }}

done as (
    select
        instants.aircraft_id,
        instants.created_timestamp,
        count(maintenances.maintenance_id) as maintenances,
        max(maintenances.event_timestamp) as last_started_at,
        max(maintenances.finished_at) filter (where {{ is_over('maintenances') }})
            as last_maintenance_date,
        max(maintenances.event_timestamp) filter (where maintenances.kind = 'unscheduled')
            as last_fault_at,
        count(*) filter (
            where maintenances.kind = 'unscheduled'
            and maintenances.event_timestamp
            >= {{ window_start('instants.created_timestamp', 365) }}
        ) as faults_365d,
        count(*) filter (where {{ is_over('maintenances') }}) as maintenances_done,
        count(maintenances.maintenance_id) > count(*) filter (where {{ is_over('maintenances') }})
            as in_maintenance,
        arg_max(
            maintenances.job_cost, (maintenances.finished_at, maintenances.maintenance_id)
        ) filter (where {{ is_over('maintenances') }} and maintenances.job_cost is not null)
            as last_cost,
        sum(maintenances.job_cost) filter (where {{ is_over('maintenances') }}) as total_cost,
        count(maintenances.job_cost) filter (where {{ is_over('maintenances') }}) as priced
    from instants
    left join maintenances
        on
            instants.aircraft_id = maintenances.aircraft_id
            and instants.created_timestamp >= maintenances.starts_at
            and instants.created_timestamp < {{ stands_until('maintenances.ended_timestamp') }}
    group by instants.aircraft_id, instants.created_timestamp
),

calendars as (
    select
        done.aircraft_id,
        done.created_timestamp,
        done.last_started_at,
        plans.due_at,
        {{ done_from('plans', ['done.aircraft_id', 'done.created_timestamp']) }} as done_from
    from done
    left join plans
        on
            done.aircraft_id = plans.aircraft_id
            and done.created_timestamp >= plans.starts_at
            and done.created_timestamp < {{ stands_until('plans.ended_timestamp') }}
),

planned as (
    select
        aircraft_id,
        created_timestamp,
        count(due_at) as plan_count,
        min(due_at) filter (where done_from > coalesce(last_started_at, '-infinity'))
            as next_maintenance_date
    from calendars
    group by aircraft_id, created_timestamp
),

down as (
    select
        instants.aircraft_id,
        instants.created_timestamp,
        downtimes.event_timestamp as started_at,
        downtimes.ended_at is null and downtimes.reason = 'waiting' as is_waiting,
        coalesce(downtimes.ended_at, instants.created_timestamp) as ended_at,
        max(coalesce(downtimes.ended_at, instants.created_timestamp)) over (
            partition by instants.aircraft_id, instants.created_timestamp
            order by downtimes.event_timestamp
            rows between unbounded preceding and 1 preceding
        ) as down_until
    from instants
    inner join downtimes
        on
            instants.aircraft_id = downtimes.aircraft_id
            and instants.created_timestamp >= downtimes.starts_at
            and instants.created_timestamp < {{ stands_until('downtimes.ended_timestamp') }}
),

-- Times that overlap count once: each begins where those before it end.
idle as (
    select
        aircraft_id,
        created_timestamp,
        max(started_at) filter (where is_waiting) as waiting_from,
        sum({{ seconds_of_window('created_timestamp', 30) }}) as seconds_30d,
        sum({{ seconds_of_window('created_timestamp', 90) }}) as seconds_90d
    from down
    group by aircraft_id, created_timestamp
),

states as (
    select
        done.*,
        planned.plan_count,
        planned.next_maintenance_date,
        idle.seconds_30d,
        idle.seconds_90d,
        -- A wait ends where a maintenance begins, told or not.
        if(
            idle.waiting_from >= coalesce(done.last_started_at, '-infinity'),
            idle.waiting_from,
            null
        ) as waiting_since,
        done.maintenances + planned.plan_count + if(idle.seconds_90d is null, 0, 1) > 0 as is_known
    from done
    inner join planned
        on
            done.aircraft_id = planned.aircraft_id
            and done.created_timestamp = planned.created_timestamp
    left join idle
        on
            done.aircraft_id = idle.aircraft_id
            and done.created_timestamp = idle.created_timestamp
)

select
    states.aircraft_id,
    states.created_timestamp as event_timestamp,
    states.created_timestamp,
    states.last_maintenance_date,
    states.next_maintenance_date,
    states.last_fault_at,
    if(states.is_known, cast(states.faults_365d as bigint), null) as faults_365d,
    if(states.is_known, cast(states.maintenances_done as bigint), null) as maintenances_done,
    if(states.is_known, states.in_maintenance, null) as in_maintenance,
    states.waiting_since,
    {{ exact('states.last_cost') }} as last_maintenance_cost,
    {{ exact_mean('states.total_cost', 'states.priced') }} as mean_maintenance_cost,
    cast(states.seconds_30d as double) / {{ 30 * 86400 }} as downtime_share_30d,
    cast(states.seconds_90d as double) / {{ 90 * 86400 }} as downtime_share_90d
from states
{{ from_since('states', keys) }}
{{ anchors(keys) }}
