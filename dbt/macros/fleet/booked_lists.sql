{#- Sums by day ahead as one map for each column, in its own unit. -#}
{% macro by_day_ahead(columns) -%}
    {%- for column, units in columns -%}
        map_from_entries(list((days_ahead, {{ exact(column, units) }}))) as {{ column }}
        {{- ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- These maps as lists from the first day on, 0 where nothing is booked. -#}
{% macro booked_lists(columns, number) -%}
    {%- for column in columns -%}
        list_transform(
            range(0, {{ number }}), lambda ahead: coalesce(states.{{ column }}[ahead], 0.0)
        ) as booked_{{ column }},
    {%- endfor -%}
{%- endmacro %}
