{{ config(materialized='table') }}

with locations as (
    select
        location,
        min(created_timestamp) as known_since
    from {{ ref('int_counted_days') }}
    group by all
),

holidays as (
    {{ announced_versions(
        ref('stg_holidays'),
        ['holiday_date', 'holiday_type', 'location', 'holiday_name'],
        'announced_at',
    ) }}
),

events as (
    {{ announced_versions(
        ref('stg_events'),
        ['event_date', 'event_type', 'location', 'event_name'],
        'announced_at',
    ) }}
),

campaigns as (
    {{ announced_versions(
        ref('stg_campaigns'),
        ['campaign_id', 'location', 'market', 'segment'],
        'announced_at',
    ) }}
),

factors as (
    {{ announced_versions(
        ref('stg_external_factors'), ['factor', 'location', 'period'], 'published_at'
    ) }}
),

announcements as (
    select
        location,
        if(holiday_type = 'school', 'school', 'holiday') as kind,
        {{ number_of('holiday_type', holiday_types()) }} as code,
        holiday_name as title,
        'all' as market,
        'all' as segment,
        holiday_date as first_day,
        holiday_end as last_day,
        cast(null as double) as amount,
        created_timestamp,
        ended_timestamp,
        withdrawn
    from holidays
    union all by name
    select
        location,
        'event' as kind,
        {{ number_of('event_type', event_types()) }} as code,
        event_name as title,
        'all' as market,
        'all' as segment,
        event_date as first_day,
        event_end as last_day,
        cast(null as double) as amount,
        created_timestamp,
        ended_timestamp,
        withdrawn
    from events
    union all by name
    select
        location,
        'campaign' as kind,
        cast(null as integer) as code,
        campaign_id as title,
        market,
        segment,
        start_date as first_day,
        end_date as last_day,
        cast(spend as double) / (end_date - start_date + 1) as amount,
        created_timestamp,
        ended_timestamp,
        withdrawn
    from campaigns
    union all by name
    select
        location,
        if(factor = 'closure', 'closure', 'factor') as kind,
        cast(null as integer) as code,
        factor as title,
        'all' as market,
        'all' as segment,
        period as first_day,
        period_end as last_day,
        value as amount,
        created_timestamp,
        ended_timestamp,
        withdrawn
    from factors
),

-- What is announced for the whole country is announced for each of its locations, and for none
-- before the first count told that there is such a location.
facts as (
    select
        locations.location,
        announcements.kind,
        cast(announcements.code as bigint) as code,
        announcements.title,
        announcements.market,
        announcements.segment,
        announcements.location as announced_for,
        announcements.first_day,
        coalesce(announcements.last_day, announcements.first_day) as last_day,
        announcements.amount,
        greatest(announcements.created_timestamp, locations.known_since) as event_timestamp,
        greatest(announcements.created_timestamp, locations.known_since) as created_timestamp,
        announcements.ended_timestamp
    from announcements
    inner join locations
        on announcements.location in (locations.location, 'national')
    where
        not announcements.withdrawn
        -- A closure of value 0 takes back an earlier one.
        and (announcements.kind <> 'closure' or announcements.amount > 0)
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
