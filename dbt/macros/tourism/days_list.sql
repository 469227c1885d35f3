{#- A column of the days of known_days as a list, oldest first, of those of which a condition holds. -#}
{% macro days_list(column, condition) -%}
    list({{ column }} order by day_offset) filter (where {{ condition }})
{%- endmacro %}
