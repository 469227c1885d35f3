{{ config(materialized='view') }}

-- News of a trip's flights may say that it was asked for before its hotel was booked.
select
    travel_code,
    since
from {{ ref('int_hotel_changes') }}
union all
select
    leg.travel_code,
    leg.since
from {{ ref('int_flight_changes') }} as leg
semi join {{ ref('int_hotel_facts') }} as stay on leg.travel_code = stay.travel_code
