{{ config(materialized='table') }}

{{ changed_facts(ref('int_hotel_facts'), source('travel', 'hotels'), '"travelCode"', 'travel_code') }}
