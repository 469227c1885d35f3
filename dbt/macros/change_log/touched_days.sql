{#-
    CTE `touched`, in increments only: the keys and local days of which raw rows came, went or
    changed, and the days that look back on them.

    raw      source of the facts
    keys     columns of the raw table, by which facts are computed again
    day      SQL of a raw row's local day
    looked_back  by how many days other days look back on a day
-#}
{% macro touched_days(raw, keys, day, looked_back=(0,)) -%}
    {%- if in_increment() -%}
        touched as (
            select distinct
                {{ keys | join(', ') }},
                local_day + unnest({{ looked_back | list }}) as local_day
            from ({{ touched_keys(raw, keys | join(', ') ~ ', ' ~ day ~ ' as local_day') }})
            where {{ in_part('facts', keys[0]) }}
        ),
    {%- endif -%}
{%- endmacro %}

{#- What is of the part that is being computed; in increments: what belongs to a touched day of it. -#}
{% macro only_touched_days(keys) -%}
    {%- if in_increment() -%}
        semi join touched using ({{ keys | join(', ') }}, local_day)
    {%- elif parts('facts') != '1' -%}
        where {{ in_part('facts', keys[0]) }}
    {%- endif -%}
{%- endmacro %}

{#- In increments: every version of a touched day is replaced. -#}
{% macro replace_touched_days(keys) -%}
    {%- if in_increment() -%}
        union all by name
        select
            {{ keys | join(', ') }},
            local_day,
            timestamp '-infinity' as created_timestamp
        from touched
    {%- endif -%}
{%- endmacro %}
