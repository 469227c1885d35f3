{%- set keys = ['aircraft_id'] %}
{{ config(unique_key=keys) }}

with entries as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_log_entries') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

moments as (
    select
        aircraft_id,
        unnest([starts_at, ended_timestamp]) as instant
    from entries
),

{{ vessel_instants('moments', keys, ref('int_vessel_changes')) }}

states as (
    select
        instants.aircraft_id,
        instants.created_timestamp,
        {{ severity_counts('instants.created_timestamp') }}
        count(entries.event_timestamp) as entries,
        max(entries.event_timestamp) as last_entry_at,
        max(entries.event_timestamp) filter (where entries.severity in ('major', 'critical'))
            as last_grave_entry_at,
        max(entries.event_timestamp) filter (where entries.severity = 'critical')
            as last_critical_entry_at
    from instants
    left join entries
        on
            instants.aircraft_id = entries.aircraft_id
            and instants.created_timestamp >= entries.starts_at
            and instants.created_timestamp < {{ stands_until('entries.ended_timestamp') }}
    group by instants.aircraft_id, instants.created_timestamp
)

select
    states.aircraft_id,
    states.created_timestamp as event_timestamp,
    states.created_timestamp,
    {{ severity_features() }}
    states.last_entry_at,
    states.last_grave_entry_at,
    states.last_critical_entry_at
from states
{{ from_since('states', keys) }}
{{ anchors(keys) }}
