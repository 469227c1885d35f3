{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_flights_log'), ['flight_id']) }}
)

select
    flight_id,
    aircraft_id,
    arrived_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    {{ millionths('flight_hours') }} as hours,
    {{ millionths('fuel_litres') }} as fuel,
    {{ ten_thousandths('revenue') }} as revenue
from versions
