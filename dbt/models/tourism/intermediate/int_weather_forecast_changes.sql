{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_weather_forecasts'),
    raw=source('tourism', 'weather_forecast'),
    raw_key='location',
    key='location',
    windowed=false,
) }}
