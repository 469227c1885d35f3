{%- set keys = ['location', 'local_day'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        location,
        local_day,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        visitors,
        hourly_visitors
    from {{ ref('int_visitor_days') }}
),

{{ versioned_state('facts', keys, changes=ref('int_visitor_changes')) }}

select
    location,
    local_day,
    event_timestamp,
    created_timestamp,
    cast(visitors as double) as visitors,
    list_transform(hourly_visitors, lambda hour: coalesce(cast(hour as double), 'nan'))
        as hourly_visitors
from states
{{ anchors(keys) }}
