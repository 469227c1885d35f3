{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_maintenance'), ['maintenance_id']) }}
)

select
    maintenance_id,
    aircraft_id,
    kind,
    started_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    finished_at,
    {{ ten_thousandths('cost') }} as job_cost
from versions
