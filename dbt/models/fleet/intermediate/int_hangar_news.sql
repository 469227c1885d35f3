{{ config(materialized='table') }}

with told as (
    select
        {{ starts_at() }} as told_at,
        greatest(event_timestamp, if(finished_at <= {{ starts_at() }}, finished_at, null)) as reach
    from {{ ref('int_maintenances') }}
    union all
    select
        {{ starts_at() }} as told_at,
        event_timestamp as reach
    from {{ ref('int_downtimes') }}
    union all
    select
        {{ starts_at() }} as told_at,
        event_timestamp as reach
    from {{ ref('int_maintenance_plans') }}
),

reached as (
    select
        told_at as created_timestamp,
        max(max(reach)) over (order by told_at) as event_timestamp
    from told
    where told_at <= {{ as_of() }}
    group by told_at
)

-- What a later line is about was told by then: only news that reach further matter.
select
    event_timestamp,
    min(created_timestamp) as created_timestamp
from reached
group by event_timestamp
