{#- Of each measure: its value, and value and hour of the nearest measured ones before and after. -#}
{% macro neighbours(measures) -%}
    {%- set the_day = 'partition by location, local_day, created_timestamp order by local_hour' -%}
    {%- set before = 'over (' ~ the_day ~ ' rows between unbounded preceding and current row)' -%}
    {%- set after = 'over (' ~ the_day ~ ' rows between current row and unbounded following)' -%}
    {%- for measure in measures %}
        {%- set hour = 'if(' ~ measure ~ ' is null, null, local_hour) ignore nulls' %}
        {{ measure }},
        last_value({{ hour }}) {{ before }} as {{ measure }}_hour_before,
        last_value({{ measure }} ignore nulls) {{ before }} as {{ measure }}_before,
        first_value({{ hour }}) {{ after }} as {{ measure }}_hour_after,
        first_value({{ measure }} ignore nulls) {{ after }} as {{ measure }}_after
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
    A measure of an hour, or the straight line between the hours measured before and after it, if
    these lie at most six hours apart; else null. In millionths, so that sums are exact.
-#}
{% macro interpolated(measure) -%}
    cast(
        round(
            1000000 * case
                when {{ measure }} is not null then {{ measure }}
                when {{ measure }}_hour_after - {{ measure }}_hour_before <= 6
                    then
                        {{ measure }}_before
                        + ({{ measure }}_after - {{ measure }}_before)
                        * (local_hour - {{ measure }}_hour_before)
                        / ({{ measure }}_hour_after - {{ measure }}_hour_before)
            end
        ) as bigint
    )
{%- endmacro %}

{#- Mean over the hours of a day; null where more than six of them are not known. -#}
{% macro mean_of_day(measure) -%}
    case
        when count({{ measure }}) >= 18
            then {{ exact_mean('sum(' ~ measure ~ ')', 'count(' ~ measure ~ ')', 1000000) }}
    end
{%- endmacro %}
