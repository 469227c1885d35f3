{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_readings'),
    raw=source('fleet', 'telemetry'),
    raw_key='aircraft_id',
    key='aircraft_id',
    windowed=false,
) }}
