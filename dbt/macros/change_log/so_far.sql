{#- No partition and no order: what the subquery sorted is streamed. -#}
{% macro so_far() -%}
    over (rows between unbounded preceding and current row)
{%- endmacro %}
