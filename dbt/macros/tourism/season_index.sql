{#- Mean visitors of each period over the mean of all days, in order; NaN for one never seen, null
    where there is no day at all. -#}
{% macro season_index(period, numbers) -%}
    if(
        day_count is null,
        null,
        [
            {%- for number in numbers %}
            coalesce(
                {{ exact_mean('visitors_' ~ period ~ '_' ~ number, 'days_' ~ period ~ '_' ~ number, 1) }}
                / ({{ exact_mean('visitors', 'day_count', 1) }}),
                'nan'
            )
            {{- ',' if not loop.last }}
            {%- endfor %}
        ]
    )
{%- endmacro %}

{#- Days and visitors of each period, from 1 to `number`: one column of each, 0 on other days. -#}
{% macro season_facts(period, of_day, number) -%}
    {%- for one in range(1, number + 1) %}
    if({{ of_day }} = {{ one }}, 1, 0) as days_{{ period }}_{{ one }},
    if({{ of_day }} = {{ one }}, visitors, 0) as visitors_{{ period }}_{{ one }}
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The columns that a season's state sums, the number of days first. -#}
{% macro season_totals() -%}
    {%- set totals = ['day_count', 'visitors'] -%}
    {%- for period, number in [('month', 12), ('weekday', 7)] -%}
        {%- for one in range(1, number + 1) -%}
            {%- do totals.extend(['days_' ~ period ~ '_' ~ one, 'visitors_' ~ period ~ '_' ~ one]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(totals) }}
{%- endmacro %}
