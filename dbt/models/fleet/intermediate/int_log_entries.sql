{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_service_logs'), ['aircraft_id', 'logged_at', 'author']) }}
)

select
    aircraft_id,
    logged_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    severity
from versions
