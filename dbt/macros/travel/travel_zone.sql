{#- Zone of the travel files' naive times, and of local days. -#}
{% macro travel_zone() -%}
    {{ var('zones')['travel'] }}
{%- endmacro %}
