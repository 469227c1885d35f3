{%- set keys = ['base', 'vessel_type'] %}
{%- set number = 30 %}
{{ config(unique_key=keys) }}

with bookings as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at,
        cast(departs_at as date) as departs_on
    from {{ ref('int_bookings') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

moments as (
    select
        base,
        vessel_type,
        unnest([starts_at, greatest(starts_at, cancelled_at), ended_timestamp]) as instant
    from bookings
),

{{ vessel_instants('moments', keys, ref('int_booking_changes')) }}

ahead as (
    select unnest(range(0, {{ number }})) as days_ahead
),

booked as (
    select
        instants.base,
        instants.vessel_type,
        instants.created_timestamp,
        ahead.days_ahead,
        count(*) as trips,
        sum(bookings.hours) as hours,
        sum(bookings.revenue) as revenue
    from instants
    cross join ahead
    inner join bookings
        on
            instants.base = bookings.base
            and instants.vessel_type = bookings.vessel_type
            and {{ days_later('instants.created_timestamp', 'ahead.days_ahead') }}
            = bookings.departs_on
            and instants.created_timestamp >= bookings.starts_at
            and instants.created_timestamp < least(
                {{ stands_until('bookings.ended_timestamp') }},
                {{ stands_until('bookings.cancelled_at') }}
            )
    group by all
),

states as (
    select
        base,
        vessel_type,
        created_timestamp,
        {{ by_day_ahead([('trips', 1), ('hours', 1000000), ('revenue', 10000)]) }}
    from booked
    group by all
)

select
    instants.base,
    instants.vessel_type,
    instants.created_timestamp as event_timestamp,
    instants.created_timestamp,
    {{ booked_lists(['trips', 'hours', 'revenue'], number) }}
    {{ midnight('instants.created_timestamp') }} as booked_from
from instants
left join states
    on
        instants.base = states.base
        and instants.vessel_type = states.vessel_type
        and instants.created_timestamp = states.created_timestamp
{{ from_since('instants', keys) }}
{{ anchors(keys) }}
