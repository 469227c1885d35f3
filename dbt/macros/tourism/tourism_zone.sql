{#- Zone of the tourism files' naive times, as the contract declares it. -#}
{% macro tourism_zone() -%}
    America/Lima
{%- endmacro %}
