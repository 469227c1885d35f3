{#- Zone of the travel files' naive times, as the contract declares it. -#}
{% macro travel_zone() -%}
    America/Sao_Paulo
{%- endmacro %}
