{#- Zone of the tourism files' naive times, and of local days. -#}
{% macro tourism_zone() -%}
    {{ var('zones')['tourism'] }}
{%- endmacro %}
