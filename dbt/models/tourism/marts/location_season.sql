{%- set keys = ['location'] %}
{{ config(unique_key=keys) }}

-- A day without visitors is a day on which the place is shut: it says nothing of the season.
with facts as not materialized (
    select
        location,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        cast(null as timestamp) as window_ended_timestamp,
        1 as day_count,
        {{ season_facts('month', 'month(local_day)', 12) }},
        {{ season_facts('weekday', 'isodow(local_day)', 7) }},
        visitors
    from {{ ref('int_visitor_days') }}
    where visitors > 0
),

{{ running_state(
    'facts',
    keys,
    totals=season_totals(),
    window_totals=[],
    changes=ref('int_visitor_changes'),
) }}

select
    location,
    event_timestamp,
    created_timestamp,
    cast(day_count as bigint) as days_observed,
    {{ exact_mean('visitors', 'day_count', 1) }} as mean_visitors_a_day,
    {{ season_index('month', range(1, 13)) }} as month_index,
    {{ season_index('weekday', range(1, 8)) }} as weekday_index
from states
{{ anchors(keys) }}
