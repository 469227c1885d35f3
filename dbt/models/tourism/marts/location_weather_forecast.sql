{%- set keys = ['location'] %}
{{ config(unique_key=keys) }}

with {{ newest_forecasts(ref('int_weather_forecasts'), ref('int_weather_forecast_changes')) }}

states as (
    select
        location,
        event_timestamp,
        created_timestamp,
        event_timestamp as issued_at,
        {{ local_midnight('local_day', tourism_zone()) }} as forecast_from,
        {{ or_nans('temperature') }} as forecast_temperature,
        {{ or_nans('24 * precipitation') }} as forecast_precipitation,
        {{ or_nans('humidity') }} as forecast_humidity
    from news
)

select * from states
{{ anchors(keys) }}
