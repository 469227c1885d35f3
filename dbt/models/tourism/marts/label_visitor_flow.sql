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
        hourly_visitors,
        markets,
        market_counts
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
        as hourly_visitors,
    if(visitors is null, null, markets) as markets,
    -- What was set aside or filled in was counted of all markets alike.
    if(visitors is null, null, list_transform(
        market_counts,
        lambda one: cast(visitors as double) * one / greatest(list_sum(market_counts), 1)
    )) as market_visitors,
    '{{ tourism_zone() }}' as time_zone
from states
{{ anchors(keys) }}
