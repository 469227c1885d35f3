{#- Days after a day up to which it is told, step by step, that nothing had happened. -#}
{% macro label_steps() -%}
    {{ return([7, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180]) }}
{%- endmacro %}

{#-
    The days that have a label: CTE `vessel_days`, from the day after a vessel is heard of to as_of;
    in increments also `numbered`, all days from the first of all news on, since what one vessel's
    hangar tells says how far all have told.

    facts    relations of facts that a vessel is heard of by
    changes  relation of the facts that changed, with `since`; read by increments only
-#}
{% macro label_days(facts, changes) -%}
    heard as (
        select aircraft_id, min({{ starts_at() }}) as first_at
        from (
            {%- for one in facts %}
            select aircraft_id, event_timestamp, created_timestamp from {{ one }}
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        )
        group by aircraft_id
    ),

    vessel_days as (
        select
            aircraft_id,
            unnest(generate_series(
                {{ midnight('first_at') }} + interval 1 day, {{ as_of() }}, interval 1 day
            )) as day_start
        from heard
        where first_at <= {{ as_of() }}
    ),
    {%- if in_increment() %}

    numbered as materialized (
        select days_known.aircraft_id, days_known.planning_day, news.since
        from (
            select aircraft_id, cast(day_start as date) as planning_day from vessel_days
            union
            select aircraft_id, planning_day from {{ this }}
        ) as days_known
        cross join (select min(since) as since from {{ changes }}) as news
        where news.since is not null
    ),
    {%- endif %}
{%- endmacro %}

{#- Whether a day is followed by a maintenance within the days that a label looks ahead. -#}
{% macro is_ahead(day_start, maintenance) -%}
    {{ day_start }} < {{ maintenance }}.event_timestamp
    and {{ day_start }} >= {{ maintenance }}.event_timestamp - interval {{ label_steps() | last }} day
{%- endmacro %}

{#- What is told of failures within 7, 30 and 90 days: true, false, or null while nobody knows. -#}
{% macro failed_within() -%}
    {%- for number in [7, 30, 90] -%}
        {%- set end = 'day_start + interval ' ~ number ~ ' day' -%}
        case
            when next_fault_at <= {{ end }} then true
            when watched_until >= {{ end }} then false
        end as failed_within_{{ number }}d,
    {%- endfor -%}
{%- endmacro %}

{#- The last step after a day that lies within what was told. -#}
{% macro last_step(day_start, watched_until) -%}
    {{ day_start }} + to_days(cast(list_max(list_filter(
        {{ label_steps() }},
        lambda step: {{ day_start }} + to_days(cast(step as integer)) <= {{ watched_until }}
    )) as integer))
{%- endmacro %}

{#- What a label says, as one value. -#}
{% macro label_state() -%}
    struct_pack(
        {%- for column in [
            'days_to_maintenance', 'maintenance_kind', 'maintenance_cost', 'days_to_fault',
            'failed_within_7d', 'failed_within_30d', 'failed_within_90d', 'observed_until',
        ] %}
        {{ column }} := states.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- Days from one instant to a later one, with their fraction. -#}
{% macro days_between(first, later) -%}
    cast(epoch_us({{ later }}) - epoch_us({{ first }}) as double) / 86400000000
{%- endmacro %}
