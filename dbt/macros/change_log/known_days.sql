{#-
    What is known of the days around an instant, at each instant at which what is known changes.

    days     relation of versions of days: the columns of `keys`, local_day, created_timestamp,
             ended_timestamp
    keys     columns of the key
    changes  relation of the keys that changed, with `since`; read by increments only
    zone     IANA zone of the days
    offsets  days wanted, counted from the last whole local day before the instant: 0 is that day,
             -1 the one before

    Ends with the CTE `known_days`: keys, created_timestamp, last_day, day_offset, and the columns of
    the version that stood; one row an offset, of nulls where no version of the day stood.
-#}
{% macro known_days(days, keys, changes, zone, offsets) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- if in_increment() %}
    numbered as materialized (
        select {{ key_list }}, min(since) as since from {{ changes }}
        where {{ in_part('states', keys[0]) }}
        group by all
    ),

    {% endif -%}
    versions as not materialized (
        select * from {{ days }}
        where {{ in_part('states', keys[0]) }}
    ),

    instants as (
        select distinct
            {%- for key in keys %}
            versions.{{ key }},
            {%- endfor %}
            versions.created_timestamp,
            {{ last_whole_day('versions.created_timestamp', zone) }} as last_day
        from versions
        {%- if in_increment() %}
        inner join numbered
            on {% for key in keys %}versions.{{ key }} = numbered.{{ key }} and {% endfor -%}
            versions.created_timestamp >= numbered.since
        {%- endif %}
        where versions.created_timestamp <= {{ as_of() }}
    ),

    known_days as (
        select
            instants.*,
            offsets.day_offset,
            versions.* exclude ({{ key_list }}, created_timestamp, ended_timestamp)
        from instants
        cross join (select unnest({{ offsets }}) as day_offset) as offsets
        left join versions
            on
                {% for key in keys -%}
                instants.{{ key }} = versions.{{ key }}
                and {% endfor -%}
                instants.last_day + offsets.day_offset = versions.local_day
                and instants.created_timestamp >= versions.created_timestamp
                and instants.created_timestamp < {{ stands_until('versions.ended_timestamp') }}
    ),
{%- endmacro %}
