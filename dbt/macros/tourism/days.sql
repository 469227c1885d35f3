{#- The hours of a day of which nothing is known. -#}
{% macro no_hours() -%}
    [{{ (['null'] * 24) | join(', ') }}]
{%- endmacro %}

{#- Local hour of a naive UTC timestamp, 0 to 23. -#}
{% macro local_hour(timestamp, zone) -%}
    hour(timezone('{{ zone }}', timezone('UTC', {{ timestamp }})))
{%- endmacro %}

{#- The last whole local day before an instant: what a state that is known from then on is about. -#}
{% macro last_whole_day(timestamp, zone) -%}
    {{ local_date(timestamp, zone) }} - 1
{%- endmacro %}

{#- Whether a local day has an hour: where clocks go forward, one is left out. -#}
{% macro has_hour(day, hour, zone) -%}
    hour(timezone('{{ zone }}', timezone('{{ zone }}',
        cast({{ day }} as timestamp) + to_hours(cast({{ hour }} as bigint))
    ))) = {{ hour }}
{%- endmacro %}
