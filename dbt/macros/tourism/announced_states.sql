{#-
    What is announced for a location, at each instant at which it changes.

    announcements  relation of versions of announcements
    changes        relation of those that changed, with `since`; read by increments only
    kinds          kinds of announcements that the state is of

    Days that were over 60 days before the instant are left out: no feature looks back that far.
    Ends with the CTE `announced`: location, created_timestamp, and the columns of each announcement
    that stood; one row of nulls where none did.
-#}
{% macro announced_states(announcements, changes, kinds) -%}
    {%- if in_increment() %}
    numbered as materialized (
        select location, min(since) as since
        from {{ changes }}
        where {{ in_part('states', 'location') }}
        group by all
    ),

    {% endif -%}
    facts as not materialized (
        select * from {{ announcements }}
        where kind in ('{{ kinds | join("', '") }}') and {{ in_part('states', 'location') }}
    ),

    instants as (
        select changes.location, changes.created_timestamp from (
            select location, created_timestamp from facts
            union
            select location, ended_timestamp as created_timestamp from facts
            where ended_timestamp is not null
        ) as changes
        {%- if in_increment() %}
        inner join numbered
            on changes.location = numbered.location
            and changes.created_timestamp >= numbered.since
        {%- endif %}
        where changes.created_timestamp <= {{ as_of() }}
    ),

    announced as (
        select
            instants.location,
            instants.created_timestamp,
            facts.* exclude (location, created_timestamp, event_timestamp, ended_timestamp)
        from instants
        left join facts
            on
                instants.location = facts.location
                and instants.created_timestamp >= facts.created_timestamp
                and instants.created_timestamp < {{ stands_until('facts.ended_timestamp') }}
                and facts.last_day
                >= {{ local_date('instants.created_timestamp', tourism_zone()) }} - 60
    ),
{%- endmacro %}

{#- A column of the announcements of one kind as a list, by day. -#}
{% macro announced_list(column, kind) -%}
    list({{ column }} order by first_day, last_day, code, title, market, segment, announced_for, amount)
        filter (where kind = '{{ kind }}')
{%- endmacro %}
