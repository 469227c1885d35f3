{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_downtime'), ['aircraft_id', 'started_at']) }}
)

select
    aircraft_id,
    started_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    ended_at,
    reason
from versions
