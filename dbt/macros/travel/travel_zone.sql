{#- Zone of the travel files' naive times, as the contract declares it. -#}
{% macro travel_zone() -%}
    {{- return('America/Sao_Paulo') -}}
{%- endmacro %}
