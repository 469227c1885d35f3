{%- set keys = ['location'] %}
{#- A day is held against the seven days before it, and against its weekday of eight weeks. -#}
{%- set recent = [1, 2, 3, 4, 5, 6, 7] %}
{%- set weekly = [7, 14, 21, 28, 35, 42, 49, 56] %}
{%- set looked_back = (recent + weekly) | unique | list %}
{{ config(unique_key=['location', 'local_day']) }}

with {{ touched_days(
    source('tourism', 'tourist_flow'),
    keys,
    local_date('"timestamp"', tourism_zone()),
    [0] + looked_back
) }}

days as (
    select * from {{ ref('int_counted_days') }}
    {{ only_touched_days(keys) }}
),

lags as (
    select unnest({{ looked_back }}) as days_before
),

-- Each version is judged by what was known when it came: later news change no earlier judgement.
past as (
    select
        days.location,
        days.local_day,
        days.created_timestamp,
        days.local_day - earlier.local_day as days_before,
        earlier.hourly_counts
    from days
    cross join lags
    inner join {{ ref('int_counted_days') }} as earlier
        on
            days.location = earlier.location
            and days.local_day - lags.days_before = earlier.local_day
            and days.created_timestamp >= earlier.created_timestamp
            and days.created_timestamp < {{ stands_until('earlier.ended_timestamp') }}
),

past_hours as (
    select
        location,
        local_day,
        created_timestamp,
        days_before,
        unnest(range(24)) as local_hour,
        ln(1 + unnest(hourly_counts)) as log_visitors
    from past
),

usual as (
    select
        location,
        local_day,
        created_timestamp,
        local_hour,
        count(*) as days_of_past,
        count(log_visitors) as days_counted,
        median(log_visitors) filter (where days_before <= 7) as recent_median,
        count(log_visitors) filter (where days_before <= 7) as recent_days,
        median(log_visitors) filter (where days_before % 7 = 0) as weekly_median,
        mad(log_visitors) filter (where days_before % 7 = 0) as weekly_deviation,
        count(log_visitors) filter (where days_before % 7 = 0) as weekly_days
    from past_hours
    group by all
),

hours as (
    select
        location,
        local_day,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        markets,
        market_counts,
        unnest(range(24)) as local_hour,
        unnest(hourly_counts) as visitors
    from days
),

judged as (
    select
        hours.*,
        -- At night a museum counts nobody: no hour is missing there.
        coalesce(usual.days_of_past >= 4 and 2 * usual.days_counted >= usual.days_of_past, false)
            as is_expected,
        coalesce(
            usual.recent_days >= 4
            and usual.weekly_days >= 4
            and {{ is_far_off('usual.recent_median') }}
            and {{ is_far_off('usual.weekly_median') }},
            false
        ) as is_outlier
    from hours
    left join usual
        on
            hours.location = usual.location
            and hours.local_day = usual.local_day
            and hours.created_timestamp = usual.created_timestamp
            and hours.local_hour = usual.local_hour
),

cleaned as (
    select
        *,
        -- Filled forward from one of the three hours before; a gap that is longer stays one.
        case
            when is_outlier or visitors is null
                then
                    last_value(if(is_outlier, null, visitors) ignore nulls) over (
                        partition by location, local_day, created_timestamp
                        order by local_hour
                        rows between 3 preceding and 1 preceding
                    )
        end as filled
    from judged
),

gaps as (
    select
        *,
        case
            when is_outlier then true
            when visitors is null and is_expected
                then {{ has_hour('local_day', 'local_hour', tourism_zone()) }}
            else false
        end as is_gap
    from cleaned
),

settled as (
    select
        *,
        case
            when is_gap then filled
            else coalesce(visitors, 0)
        end as clean_visitors
    from gaps
),

totals as (
    select
        location,
        local_day,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        markets,
        market_counts,
        list(visitors order by local_hour) as hourly_counts,
        list(clean_visitors order by local_hour) as hourly_visitors,
        cast(sum(clean_visitors) as bigint) as clean_visitors,
        max(clean_visitors) as most_hourly_visitors,
        count(visitors) as hours_counted,
        count(*) filter (where is_outlier) as hours_outlying,
        count(*) filter (where is_gap and filled is not null) as hours_filled,
        count(*) filter (where is_gap and filled is null) as hours_missing
    from settled
    group by all
),

facts as (
    select
        * exclude (clean_visitors),
        -- A day has a count when it is over and no hour of it is missing.
        if(
            hours_counted > 0
            and hours_missing = 0
            and created_timestamp >= {{ local_midnight('local_day + 1', tourism_zone()) }},
            clean_visitors,
            null
        ) as visitors
    from totals
)

select * from facts
{{ replace_touched_days(keys) }}
