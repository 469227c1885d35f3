{%- set keys = ['location'] %}
{{ config(unique_key=['location', 'local_day']) }}

with {{ touched_days(
    source('tourism', 'tourist_flow'), keys, local_date('"timestamp"', tourism_zone())
) }}

flow as (
    select
        location,
        market,
        counted_at,
        visitors,
        withdrawn,
        batch_id,
        row_number,
        {{ local_date('counted_at', tourism_zone()) }} as local_day,
        {{ local_hour('counted_at', tourism_zone()) }} as local_hour,
        -- An hour is over before it is known.
        greatest(known_at, counted_at + interval 1 hour) as known_at
    from {{ ref('stg_tourist_flow') }}
),

counts as (
    select
        *,
        lead(known_at) over (
            partition by location, counted_at, market
            order by known_at, batch_id, row_number
        ) as ended_timestamp
    from flow
    {{ only_touched_days(keys) }}
),

instants as (
    select distinct
        location,
        local_day,
        known_at as created_timestamp
    from counts
),

standing as (
    select * from counts
    where not withdrawn
),

-- What stood at each of them; an hour without a line is null, and so is a whole day withdrawn.
by_market as (
    select
        instants.location,
        instants.local_day,
        instants.created_timestamp,
        counts.market,
        cast(sum(counts.visitors) as bigint) as market_sum,
        [
            {{ each(range(24), 'sum(counts.visitors) filter (where counts.local_hour = $)') }}
        ] as hourly_sums
    from instants
    left join standing as counts
        on
            instants.location = counts.location
            and instants.local_day = counts.local_day
            and instants.created_timestamp >= counts.known_at
            and instants.created_timestamp < {{ stands_until('counts.ended_timestamp') }}
    group by all
),

days as (
    select
        location,
        local_day,
        created_timestamp,
        list(market order by market) filter (where market is not null) as markets,
        list(market_sum order by market) filter (where market is not null) as market_counts,
        [{{ each(range(1, 25), 'sum(hourly_sums[$])') }}] as hourly_sums
    from by_market
    group by all
),

facts as (
    select
        location,
        local_day,
        least(
            {{ local_midnight('local_day + 1', tourism_zone()) }}, created_timestamp
        ) as event_timestamp,
        created_timestamp,
        lead(created_timestamp) over (
            partition by location, local_day
            order by created_timestamp
        ) as ended_timestamp,
        cast(hourly_sums as bigint[]) as hourly_counts,
        markets,
        market_counts
    from days
)

select * from facts
{{ replace_touched_days(keys) }}
