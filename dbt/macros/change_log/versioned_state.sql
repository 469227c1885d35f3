{#-
    The change log of facts of which one stands at a time: one row a version, and one of nulls where
    a version ended and none followed.

    facts    CTE with the columns of `keys`, event_timestamp, created_timestamp, ended_timestamp
             and the state
    keys     columns of the key; at any instant at most one fact of a key stands
    changes  relation of the keys that changed, with `since`; read by increments only

    Ends with the CTE `states`: the columns of `facts` but ended_timestamp.
-#}
{% macro versioned_state(facts, keys, changes) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- if in_increment() %}
    numbered as materialized (
        select {{ key_list }}, min(since) as since from {{ changes }} group by all
    ),

    {% endif -%}
    standing as not materialized (
        select {{ facts }}.*
        {%- if in_increment() %}, numbered.since{% endif %}
        from {{ facts }}
        {% if in_increment() -%}
            inner join numbered using ({{ key_list }})
            where ended_timestamp is null or ended_timestamp >= since
        {%- endif %}
    ),

    -- A version that begins where another ends takes the place of its row of nulls.
    ended as (
        select
            {%- for key in keys %}
            standing.{{ key }},
            {%- endfor %}
            standing.event_timestamp,
            standing.ended_timestamp as created_timestamp
            {%- if in_increment() %},
            standing.since
            {%- endif %}
        from standing
        anti join standing as follower
            on
                standing.ended_timestamp = follower.created_timestamp
                {%- for key in keys %}
                and standing.{{ key }} = follower.{{ key }}
                {%- endfor %}
        where standing.ended_timestamp is not null
    ),

    states as not materialized (
        select * exclude (ended_timestamp{{ ', since' if in_increment() }}) from (
            select * from standing
            union all by name
            select * from ended
        )
        where
            created_timestamp <= {{ as_of() }}
            {% if in_increment() -%}
                and created_timestamp >= since
            {%- endif %}
    )
{%- endmacro %}
