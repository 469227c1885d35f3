{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_bookings'), ['booking_id']) }}
)

select
    booking_id,
    origin as base,
    coalesce(aircraft_type, 'any') as vessel_type,
    booked_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    departs_at,
    cancelled_at,
    {{ millionths('hours') }} as hours,
    {{ ten_thousandths('revenue') }} as revenue
from versions
