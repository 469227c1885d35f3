{#- Local midnight of a date, as naive UTC. Where a clock change skips midnight: the first instant
    of that day. -#}
{% macro local_midnight(date, zone) -%}
    timezone('UTC', timezone('{{ zone }}', cast({{ date }} as timestamp)))
{%- endmacro %}

{#- Local date of a naive UTC timestamp. -#}
{% macro local_date(timestamp, zone) -%}
    cast(timezone('{{ zone }}', timezone('UTC', {{ timestamp }})) as date)
{%- endmacro %}

{#- When a fact leaves the windows of 90 days: the first local midnight at or after 90 days from the
    microsecond after it. So a window holds the 90 whole local days before today, and today. -#}
{% macro window_end(timestamp, zone) -%}
    {{ local_midnight(local_date(timestamp, zone) ~ ' + 91', zone) }}
{%- endmacro %}
