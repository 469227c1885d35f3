{#- Entries of each severity in each window of days that ends with the day of an instant. -#}
{% macro severity_counts(instant) -%}
    {%- for number in [30, 90] -%}
        {%- for severity in ['info', 'minor', 'major', 'critical'] -%}
            count(*) filter (
                where entries.severity = '{{ severity }}'
                and entries.event_timestamp >= {{ window_start(instant, number) }}
            ) as {{ severity }}_{{ number }}d,
        {% endfor -%}
    {%- endfor -%}
{%- endmacro %}

{#- The same as features; null where no entry stands. -#}
{% macro severity_features() -%}
    {%- for number in [30, 90] -%}
        {%- for severity in ['info', 'minor', 'major', 'critical'] -%}
            if(states.entries > 0, cast(states.{{ severity }}_{{ number }}d as bigint), null)
                as {{ severity }}_entries_{{ number }}d,
        {% endfor -%}
    {%- endfor -%}
{%- endmacro %}
