{#- When a version ends; never is late. A comparison without OR: with one, DuckDB compares every pair
    of rows of an outer join. -#}
{% macro stands_until(ended_timestamp) -%}
    coalesce({{ ended_timestamp }}, timestamp 'infinity')
{%- endmacro %}
