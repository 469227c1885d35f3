{{ config(materialized='table') }}

{{ changed_facts(facts=ref('int_bookings'), windowed=false) }}
