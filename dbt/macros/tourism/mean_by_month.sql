{#- Mean of a measure in each month, in order; NaN for a month never seen, null without any day. -#}
{% macro mean_by_month(measure, months) -%}
    if(
        day_count is null,
        null,
        [
            {%- for month in months %}
            coalesce(
                {{ exact_mean(measure ~ '_month_' ~ month, 'days_month_' ~ month, 1000000) }}, 'nan'
            )
            {{- ',' if not loop.last }}
            {%- endfor %}
        ]
    )
{%- endmacro %}

{#- Days and measures of each month: one column of each, 0 in other months. -#}
{% macro month_facts(measures) -%}
    {%- for month in range(1, 13) %}
    {%- set on = 'month(local_day) = ' ~ month %}
    if({{ on }}, 1, 0) as days_month_{{ month }},
    {%- for measure in measures %}
    if({{ on }}, {{ millionths(measure) }}, 0) as {{ measure }}_month_{{ month }}
    {{- ',' if not loop.last }}
    {%- endfor %}
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The columns that a climate's state sums, the number of days first. -#}
{% macro month_totals(measures) -%}
    {%- set totals = ['day_count'] -%}
    {%- for month in range(1, 13) -%}
        {%- for name in ['days'] + measures -%}
            {%- do totals.append(name ~ '_month_' ~ month) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(totals) }}
{%- endmacro %}
