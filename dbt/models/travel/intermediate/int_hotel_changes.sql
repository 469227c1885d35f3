{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_hotel_facts'),
    raw=source('travel', 'hotels'),
    raw_key='"travelCode"',
    key='travel_code',
) }}
