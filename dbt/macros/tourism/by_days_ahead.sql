{#- Means of a measure by day, as a list from the day of the issue on; null for a day without any. -#}
{% macro by_days_ahead(measure, days) -%}
    [
        {%- for ahead in range(days) %}
            {%- set on = ' filter (where days_ahead = ' ~ ahead ~ ')' %}
            {{ exact_mean(
                'max(' ~ measure ~ '_sum)' ~ on, 'max(' ~ measure ~ '_hours)' ~ on, 1000000
            ) }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    ]
{%- endmacro %}
