{%- set keys = ['location'] %}
{{ config(unique_key=keys) }}

{#- Eight weeks back; of the year before, the weekdays of the four weeks to come. -#}
{%- set offsets = range(-55, 1) | list + range(-363, -335) | list %}

with {{ known_days(
    ref('int_visitor_days'), keys, ref('int_visitor_changes'), tourism_zone(), offsets
) }}

states as (
    select
        location,
        created_timestamp,
        last_day,
        max(visitors) filter (where day_offset = 0) as lagged_visitors_1day,
        max(visitors) filter (where day_offset = -6) as lagged_visitors_7days,
        max(most_hourly_visitors) filter (where day_offset > -28) as max_hourly_visitors,
        median(visitors) filter (where day_offset > -7) as visitors_median_7d,
        median(visitors) filter (where day_offset > -28) as visitors_median_28d,
        count(visitors) filter (where day_offset > -7) as days_counted_7d,
        sum(visitors) filter (where day_offset > -7) as visitors_7d,
        sum({{ squared('visitors') }}) filter (where day_offset > -7) as visitors_squared_7d,
        count(visitors) filter (where day_offset > -28) as days_counted_28d,
        sum(visitors) filter (where day_offset > -28) as visitors_28d,
        sum({{ squared('visitors') }}) filter (where day_offset > -28) as visitors_squared_28d,
        coalesce(sum(hours_missing) filter (where day_offset > -28), 0) as hours_missing_28d,
        coalesce(sum(hours_filled) filter (where day_offset > -28), 0) as hours_filled_28d,
        coalesce(sum(hours_outlying) filter (where day_offset > -28), 0) as hours_outlying_28d,
        {{ days_list("coalesce(cast(visitors as double), 'nan')", 'day_offset > -56') }}
            as daily_visitors,
        {{ days_list("coalesce(cast(visitors as double), 'nan')", 'day_offset < -56') }}
            as daily_visitors_year_before,
        {{ days_list('coalesce(hourly_visitors, ' ~ no_hours() ~ ')', 'day_offset > -7') }}
            as days_of_hours
    from known_days
    group by all
)

select
    location,
    {{ local_midnight('last_day + 1', tourism_zone()) }} as event_timestamp,
    created_timestamp,
    cast(lagged_visitors_1day as double) as lagged_visitors_1day,
    cast(lagged_visitors_7days as double) as lagged_visitors_7days,
    {{ exact_mean('visitors_28d', 'days_counted_28d', 1) }} as avg_daily_visitors,
    cast(max_hourly_visitors as double) as max_hourly_visitors,
    {{ exact_mean('visitors_7d', 'days_counted_7d', 1) }} as visitors_mean_7d,
    visitors_median_7d,
    {{ exact_std('visitors_7d', 'visitors_squared_7d', 'days_counted_7d', 1) }} as visitors_std_7d,
    visitors_median_28d,
    {{ exact_std('visitors_28d', 'visitors_squared_28d', 'days_counted_28d', 1) }}
        as visitors_std_28d,
    cast(days_counted_28d as bigint) as days_counted_28d,
    cast(hours_missing_28d as bigint) as hours_missing_28d,
    cast(hours_filled_28d as bigint) as hours_filled_28d,
    cast(hours_outlying_28d as bigint) as hours_outlying_28d,
    daily_visitors,
    daily_visitors_year_before,
    list_transform(
        flatten(days_of_hours), lambda visitors: coalesce(cast(visitors as double), 'nan')
    ) as hourly_visitors,
    {{ local_midnight('last_day + 1', tourism_zone()) }} as counted_until,
    '{{ tourism_zone() }}' as time_zone
from states
{{ anchors(keys) }}
