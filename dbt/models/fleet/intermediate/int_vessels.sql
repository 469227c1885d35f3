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

around as (
    select register.aircraft_id, register.created_timestamp, limits.moment
    from register
    inner join (
        select aircraft_type, unnest([created_timestamp, ended_timestamp]) as moment from limits
    ) as limits using (aircraft_type)
    union all
    select register.aircraft_id, register.created_timestamp, hangars.moment
    from register
    inner join (
        select base, unnest([created_timestamp, ended_timestamp]) as moment from hangars
    ) as hangars on register.home_base = hangars.base
),

-- A version of the register is cut where a limit of its kind, or the slots of its base, change.
parts as (
    select aircraft_id, created_timestamp, created_timestamp as part_from from register
    union
    select register.aircraft_id, register.created_timestamp, around.moment as part_from
    from register
    inner join around using (aircraft_id, created_timestamp)
    where
        around.moment > register.created_timestamp
        and around.moment < {{ stands_until('register.ended_timestamp') }}
),

limits_then as (
    select
        parts.aircraft_id,
        parts.created_timestamp,
        parts.part_from,
        max(limits.allowed_most) filter (where limits.measure = 'hours_between_overhauls')
            as hours_between_overhauls,
        max(limits.allowed_most) filter (where limits.measure = 'days_between_overhauls')
            as days_between_overhauls
    from parts
    inner join register using (aircraft_id, created_timestamp)
    inner join limits
        on
            register.aircraft_type = limits.aircraft_type
            and {{ stands_at('limits', 'parts.part_from') }}
    group by all
),

facts as (
    select
        register.aircraft_id,
        register.aircraft_type,
        register.model,
        register.home_base,
        register.in_service_since,
        hangars.slots as hangar_slots,
        limits_then.hours_between_overhauls,
        limits_then.days_between_overhauls,
        parts.part_from as event_timestamp,
        parts.part_from as created_timestamp,
        coalesce(
            lead(parts.part_from) over (
                partition by parts.aircraft_id, parts.created_timestamp
                order by parts.part_from
            ),
            register.ended_timestamp
        ) as ended_timestamp
    from parts
    inner join register using (aircraft_id, created_timestamp)
    left join limits_then using (aircraft_id, created_timestamp, part_from)
    left join hangars
        on
            register.home_base = hangars.base
            and {{ stands_at('hangars', 'parts.part_from') }}
)

select * from facts
