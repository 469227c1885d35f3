{{ config(materialized='table') }}

with register as (
    {{ standing_versions(ref('stg_aircraft'), ['aircraft_id']) }}
),

limits as (
    {{ standing_versions(ref('stg_legal_limits'), ['aircraft_type', 'measure']) }}
),

hangars as (
    {{ standing_versions(ref('stg_hangars'), ['base']) }}
),

moments as (
    select
        register.aircraft_id,
        register.created_timestamp,
        unnest([limits.created_timestamp, limits.ended_timestamp]) as moment
    from register
    inner join limits on register.aircraft_type = limits.aircraft_type
    union all
    select
        register.aircraft_id,
        register.created_timestamp,
        unnest([hangars.created_timestamp, hangars.ended_timestamp]) as moment
    from register
    inner join hangars on register.home_base = hangars.base
    union all
    select
        aircraft_id,
        created_timestamp,
        created_timestamp as moment
    from register
),

-- A version of the register is cut where a limit of its kind, or the slots of its base, change.
parts as (
    select distinct
        register.*,
        moments.moment as part_from
    from register
    inner join moments
        on
            register.aircraft_id = moments.aircraft_id
            and register.created_timestamp = moments.created_timestamp
            and register.created_timestamp <= moments.moment
            and {{ stands_until('register.ended_timestamp') }} > moments.moment
),

limited as (
    select
        parts.aircraft_id,
        parts.part_from,
        max(limits.allowed_most) filter (where limits.measure = 'hours_between_overhauls')
            as hours_between_overhauls,
        max(limits.allowed_most) filter (where limits.measure = 'days_between_overhauls')
            as days_between_overhauls
    from parts
    inner join limits
        on
            parts.aircraft_type = limits.aircraft_type
            and {{ stands_at('limits', 'parts.part_from') }}
    group by parts.aircraft_id, parts.part_from
),

facts as (
    select
        parts.aircraft_id,
        parts.aircraft_type,
        parts.model,
        parts.home_base,
        parts.in_service_since,
        hangars.slots as hangar_slots,
        limited.hours_between_overhauls,
        limited.days_between_overhauls,
        parts.part_from as event_timestamp,
        parts.part_from as created_timestamp,
        coalesce(
            lead(parts.part_from) over (
                partition by parts.aircraft_id, parts.created_timestamp
                order by parts.part_from
            ),
            parts.ended_timestamp
        ) as ended_timestamp
    from parts
    left join limited
        on
            parts.aircraft_id = limited.aircraft_id
            and parts.part_from = limited.part_from
    left join hangars
        on
            parts.home_base = hangars.base
            and {{ stands_at('hangars', 'parts.part_from') }}
)

select * from facts
