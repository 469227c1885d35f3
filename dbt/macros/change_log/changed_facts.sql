{#-
    Facts that change what is known after the last finished build, and from which instant on. Empty
    where no such build is stood on: then everything is computed.

    facts       relation of facts: event_timestamp, created_timestamp, ended_timestamp,
                window_ended_timestamp (none without windows), and what they say
    raw         source of the facts; none: all facts are held against those of the last build
    raw_key     column of raw by which facts are computed again
    key         the same column in the facts
    windowed    whether facts have a window

    Gives the columns of the facts but ended_timestamp, and `since`.
-#}
{% macro changed_facts(facts, raw=none, raw_key=none, key=none, windowed=true) -%}
    {%- set instants = ['created_timestamp', 'ended_timestamp', starts_at()] -%}
    {%- if windowed %}{% do instants.append('window_ended_timestamp') %}{% endif -%}
    {%- if was_built() -%}
    {%- set only = 'where ' ~ key ~ ' in (select ' ~ key ~ ' from touched)' if raw else '' -%}
with
{% if raw -%}
touched as (
    select {{ raw_key }} as {{ key }} from ({{ touched_keys(raw, raw_key) }})
),

{% endif -%}
now_known as (
    select * from {{ facts }} {{ only }}
),

known_before as (
    select * from {{ at_last_build(facts) }} {{ only }}
),

differing as (
    (select * from now_known except all select * from known_before)
    union all
    (select * from known_before except all select * from now_known)
),

-- A fact that only ended matters from its end on, any other from when it became known.
changed as (
    select
        * exclude (ended_timestamp),
        if(count(*) = 2, min(ended_timestamp), min(created_timestamp)) as since
    from differing
    group by all
),

-- Facts known before, of which an instant has come since: an event, an end, the window's edge.
due as (
    select
        * exclude (ended_timestamp),
        least(
            {% for instant in instants -%}
                if({{ instant }} > {{ built_as_of() }}, {{ instant }}, null)
                {{- ',' if not loop.last }}
            {% endfor -%}
        ) as since
    from {{ facts }}
    where
        {% for instant in instants -%}
            ({{ instant }} > {{ built_as_of() }} and {{ instant }} <= {{ as_of() }})
            {{ 'or' if not loop.last }}
        {% endfor -%}
)

select * from changed
union all by name
select * from due
    {%- else -%}
select * exclude (ended_timestamp), created_timestamp as since from {{ facts }}
limit 0
    {%- endif -%}
{%- endmacro %}

{#- The instant from which a fact counts: known, and over. -#}
{% macro starts_at() -%}
    greatest(created_timestamp, event_timestamp)
{%- endmacro %}
