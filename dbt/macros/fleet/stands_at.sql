{#- Whether a version of a fact stands at an instant: known by then, and not yet replaced. -#}
{% macro stands_at(fact, instant) -%}
    {{ instant }} >= {{ fact }}.created_timestamp
    and {{ instant }} < {{ stands_until(fact ~ '.ended_timestamp') }}
{%- endmacro %}

{#- Midnight that begins the day of an instant; days of the fleet are those of the lake. -#}
{% macro midnight(instant) -%}
    date_trunc('day', {{ instant }})
{%- endmacro %}

{#- Begin of a window of whole days before the day of an instant; the day itself is in it too. -#}
{% macro window_start(instant, number) -%}
    {{ midnight(instant) }} - interval {{ number }} day
{%- endmacro %}

{#- The day some days before, or after, that of an instant. -#}
{% macro days_earlier(instant, number) -%}
    cast({{ instant }} as date) - cast({{ number }} as integer)
{%- endmacro %}

{% macro days_later(instant, number) -%}
    cast({{ instant }} as date) + cast({{ number }} as integer)
{%- endmacro %}
