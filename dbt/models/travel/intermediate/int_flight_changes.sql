{{ config(materialized='table') }}

{{ changed_facts(ref('int_flight_facts'), source('travel', 'flights'), '"travelCode"', 'travel_code') }}
