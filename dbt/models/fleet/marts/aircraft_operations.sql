{%- set keys = ['aircraft_id'] %}
{%- set inside = 'flights.event_timestamp >= '
    ~ midnight('maintained.created_timestamp') ~ ' - interval' %}
{{ config(unique_key=keys) }}

with flights as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_flights') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

maintenances as not materialized (
    select
        *,
        greatest(created_timestamp, finished_at) as starts_at
    from {{ ref('int_maintenances') }}
    where finished_at is not null
),

first_flights as (
    select
        aircraft_id,
        min(starts_at) as first_flight
    from flights
    group by aircraft_id
),

-- A state begins with the first flight; what else bears on it counts from then on.
moments as (
    select
        aircraft_id,
        unnest([starts_at, ended_timestamp]) as instant
    from flights
    union all
    select
        news.aircraft_id,
        news.instant
    from (
        select
            aircraft_id,
            unnest([starts_at, ended_timestamp]) as instant
        from maintenances
        union all
        select
            aircraft_id,
            unnest([created_timestamp, ended_timestamp]) as instant
        from {{ ref('int_vessels') }}
    ) as news
    inner join first_flights
        on
            news.aircraft_id = first_flights.aircraft_id
            and news.instant > first_flights.first_flight
),

{{ vessel_instants(
    'moments', keys, ref('int_vessel_changes'), together=true
) }}

-- How many hours were flown by each instant: what each flight adds, and takes off where it ends.
deltas as (
    select
        aircraft_id,
        starts_at as instant,
        hours,
        1 as flights,
        false as is_instant
    from flights
    union all
    select
        aircraft_id,
        ended_timestamp as instant,
        -hours as hours,
        -1 as flights,
        false as is_instant
    from flights
    where ended_timestamp is not null
    union all
    select
        aircraft_id,
        created_timestamp as instant,
        0 as hours,
        0 as flights,
        true as is_instant
    from instants
),

running as (
    select
        aircraft_id,
        instant,
        is_instant,
        sum(hours) over up_to_now as total_hours,
        sum(flights) over up_to_now as total_flights
    from deltas
    window up_to_now as (
        partition by aircraft_id
        order by instant
        range between unbounded preceding and current row
    )
),

maintained as (
    select
        instants.aircraft_id,
        instants.created_timestamp,
        max(maintenances.finished_at) as last_maintained_at
    from instants
    left join maintenances
        on
            instants.aircraft_id = maintenances.aircraft_id
            and instants.created_timestamp >= maintenances.starts_at
            and instants.created_timestamp < {{ stands_until('maintenances.ended_timestamp') }}
    group by instants.aircraft_id, instants.created_timestamp
),

used as (
    select
        maintained.aircraft_id,
        maintained.created_timestamp,
        max(flights.event_timestamp) as last_flight_at,
        sum(flights.hours) filter (
            where flights.event_timestamp > coalesce(maintained.last_maintained_at, '-infinity')
        ) as hours_since,
        sum(flights.hours) filter (where {{ inside }} 30 day) as hours_30d,
        sum(flights.hours) filter (where {{ inside }} 90 day) as hours_90d,
        sum(flights.fuel) filter (where {{ inside }} 90 day) as fuel_90d,
        sum(flights.hours) filter (where {{ inside }} 90 day and flights.fuel is not null)
            as fuelled_hours_90d,
        sum(flights.revenue) filter (where {{ inside }} 90 day) as revenue_90d,
        sum(flights.hours) filter (where {{ inside }} 90 day and flights.revenue is not null)
            as earning_hours_90d
    from maintained
    left join flights
        on
            maintained.aircraft_id = flights.aircraft_id
            and maintained.created_timestamp >= flights.starts_at
            and maintained.created_timestamp < {{ stands_until('flights.ended_timestamp') }}
            and flights.event_timestamp >= least(
                coalesce(maintained.last_maintained_at, '-infinity'),
                {{ window_start('maintained.created_timestamp', 365) }}
            )
    group by maintained.aircraft_id, maintained.created_timestamp
),

typed as (
    select
        used.*,
        vessels.aircraft_type,
        vessels.hours_between_overhauls
    from used
    left join {{ ref('int_vessels') }} as vessels
        on
            used.aircraft_id = vessels.aircraft_id
            and {{ stands_at('vessels', 'used.created_timestamp') }}
),

-- What vessels of each kind used together, as known at the midnight that began the day.
of_type as (
    select
        aircraft_type,
        created_timestamp as known_at,
        {{ exact_mean('sum(fuel_90d)', 'sum(fuelled_hours_90d)', 1) }} as fuel_rate
    from typed
    where
        created_timestamp = {{ midnight('created_timestamp') }}
        and fuelled_hours_90d > 0
    group by aircraft_type, created_timestamp
),

states as (
    select
        typed.*,
        running.total_hours,
        running.total_flights,
        of_type.fuel_rate as fuel_rate_of_type,
        {{ exact_mean('typed.fuel_90d', 'typed.fuelled_hours_90d', 1) }} as fuel_rate
    from typed
    inner join running
        on
            typed.aircraft_id = running.aircraft_id
            and typed.created_timestamp = running.instant
            and running.is_instant
    left join of_type
        on
            typed.aircraft_type = of_type.aircraft_type
            and {{ midnight('typed.created_timestamp') }} = of_type.known_at
)

select
    states.aircraft_id,
    states.created_timestamp as event_timestamp,
    states.created_timestamp,
    {%- set known = 'states.total_flights > 0' %}
    if({{ known }}, {{ exact('states.total_hours', 1000000) }}, null) as total_flight_hours,
    if({{ known }}, cast(states.total_flights as bigint), null) as total_flights,
    states.last_flight_at,
    if({{ known }}, {{ exact('coalesce(states.hours_since, 0)', 1000000) }}, null)
        as hours_since_maintenance,
    if(
        {{ known }},
        {{ exact('coalesce(states.hours_since, 0)', 1000000) }} / states.hours_between_overhauls,
        null
    ) as scaled_flight_hours,
    if({{ known }}, {{ exact('coalesce(states.hours_30d, 0)', 1000000) }}, null) as utilisation_30d,
    if({{ known }}, {{ exact('coalesce(states.hours_90d, 0)', 1000000) }}, null) as utilisation_90d,
    states.fuel_rate as fuel_consumption_rate,
    states.fuel_rate / nullif(states.fuel_rate_of_type, 0) - 1 as fuel_rate_deviation,
    {{ exact_mean('states.revenue_90d', 'states.earning_hours_90d', 1) }} * 100
        as revenue_per_hour_90d
from states
{{ from_since('states', keys) }}
{{ anchors(keys) }}
