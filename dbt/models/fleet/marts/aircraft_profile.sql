{%- set keys = ['aircraft_id'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select * from {{ ref('int_vessels') }}
),

{{ versioned_state('facts', keys, changes=ref('int_vessel_changes')) }}

select
    aircraft_id,
    -- Nothing is known of a vessel that was withdrawn, from then on.
    created_timestamp as event_timestamp,
    created_timestamp,
    aircraft_type,
    model,
    home_base,
    cast(in_service_since as timestamp) as in_service_since,
    hangar_slots,
    hours_between_overhauls,
    days_between_overhauls
from states
{{ anchors(keys) }}
