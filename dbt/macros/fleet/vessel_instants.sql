{#-
    The instants at which a state of a key is written: when what is known of it changes, and each
    midnight after that, so that windows of days decay between events.

    moments   relation of the columns of `keys` and `instant`: when a fact begins, changes or ends
    keys      columns of the key
    changes   relation of `since`, of the keys too where `together` is false; read by increments only
    daily     whether midnights are written
    together  whether news of one key changes the state of others: then all are computed again from
              the first of all news on, and never by parts

    Ends with the CTE `instants`: keys, created_timestamp, from the midnight before `since` on.
-#}
{% macro vessel_instants(moments, keys, changes, daily=true, together=false) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- set mine = 'true' if together else in_part('states', keys[0]) -%}
    {%- if in_increment() %}
    numbered as materialized (
        select
            {{ key_list }},
            {%- if together %}
            min(min(since)) over () as since
            {%- else %}
            min(since) as since
            {%- endif %}
        from (
            {% if together -%}
            select {{ key_list }}, (select min(since) from {{ changes }}) as since
            from (
                select {{ key_list }} from {{ moments }}
                union
                select {{ key_list }} from {{ changes }}
            )
            {%- else -%}
            select {{ key_list }}, since from {{ changes }}
            {%- endif %}
            {% if daily -%}
            union all
            select distinct {{ key_list }}, {{ built_as_of() }} + interval 1 microsecond as since
            from {{ moments }}
            {%- endif %}
        )
        where {{ mine }}
        group by {{ key_list }}
    ),

    {% endif -%}
    every_instant as (
        select distinct {{ key_list }}, instant as created_timestamp
        from {{ moments }}
        where {{ mine }}
        {%- if daily %}
        union
        select
            {{ key_list }},
            unnest(generate_series(
                {{ midnight('min(instant)') }} + interval 1 day, {{ as_of() }}, interval 1 day
            )) as created_timestamp
        from {{ moments }}
        where instant <= {{ as_of() }} and {{ mine }}
        group by {{ key_list }}
        {%- endif %}
    ),

    instants as materialized (
        select every_instant.*
        from every_instant
        {%- if in_increment() %}
        inner join numbered
            on {% for key in keys %}every_instant.{{ key }} = numbered.{{ key }} and {% endfor -%}
            every_instant.created_timestamp >= {{ midnight('numbered.since') }}
        {%- endif %}
        where every_instant.created_timestamp <= {{ as_of() }}
    ),
{%- endmacro %}

{#- In increments: only what is written anew. -#}
{% macro from_since(states, keys) -%}
    {%- if in_increment() -%}
        inner join numbered
            on {% for key in keys %}{{ states }}.{{ key }} = numbered.{{ key }} and {% endfor -%}
            {{ states }}.created_timestamp >= numbered.since
    {%- endif -%}
{%- endmacro %}
