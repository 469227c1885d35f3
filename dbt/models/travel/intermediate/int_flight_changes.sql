{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_flight_facts'),
    raw=source('travel', 'flights'),
    raw_key='"travelCode"',
    key='travel_code',
) }}
