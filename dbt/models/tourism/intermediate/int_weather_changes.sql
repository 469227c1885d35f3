{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_weather_days'),
    raw=source('tourism', 'weather'),
    raw_key='location',
    key='location',
    windowed=false,
) }}
