{#- The two measures of a reading. -#}
{% macro measures_read() -%}
    {{ return(['engine_health_score', 'temperature_variance']) }}
{%- endmacro %}

{#-
    What the readings of a measure in the 168 hours before one say of it: how many they are, their
    mean and standard deviation, quartiles, and the newest of them. Measures are in millionths.

    measure  column of the earlier readings `earlier`
-#}
{% macro usual_of(measure) -%}
    count(earlier.{{ measure }}) as {{ measure }}_number,
    {{ exact_mean('sum(earlier.' ~ measure ~ ')', 'count(earlier.' ~ measure ~ ')', 1) }}
        as {{ measure }}_usual,
    {{ exact_std(
        'sum(earlier.' ~ measure ~ ')',
        'sum(' ~ squared('earlier.' ~ measure) ~ ')',
        'count(earlier.' ~ measure ~ ')',
        1,
    ) }} as {{ measure }}_spread,
    quantile_disc(earlier.{{ measure }}, 0.25) as {{ measure }}_low,
    quantile_disc(earlier.{{ measure }}, 0.75) as {{ measure }}_high,
    arg_max(earlier.{{ measure }}, earlier.read_at) as {{ measure }}_before
{%- endmacro %}

{#-
    Whether a reading is far off the ones before it, by two rules; null where they are fewer than
    eight, or all alike. A reading that both find is an outlier, unless the one before it was about
    as far off: two in a row that agree are news, as after a maintenance, and no spike.

    z-score  more than 4 standard deviations off the mean
    IQR      more than 3 interquartile ranges beyond a quartile (Tukey's "far out")
-#}
{% macro judged(measure) -%}
    case
        when {{ measure }}_number >= 8 and {{ measure }}_spread > 0
            then ({{ measure }} - {{ measure }}_usual) / {{ measure }}_spread
    end as {{ measure }}_zscore,
    abs({{ measure }}_zscore) > 4 as {{ measure }}_is_far_by_zscore,
    case
        when {{ measure }}_number >= 8
            then
                {{ measure }} > {{ measure }}_high + 3 * ({{ measure }}_high - {{ measure }}_low)
                or {{ measure }} < {{ measure }}_low - 3 * ({{ measure }}_high - {{ measure }}_low)
    end as {{ measure }}_is_far_by_iqr,
    coalesce(
        {{ measure }}_is_far_by_zscore
        and {{ measure }}_is_far_by_iqr
        and abs({{ measure }} - {{ measure }}_before) > 4 * {{ measure }}_spread,
        false
    ) as {{ measure }}_is_outlier
{%- endmacro %}

{#- Slope a day of a measure over readings `seconds_ago`, by least squares; null below eight. -#}
{% macro slope(measure, condition) -%}
    {%- set only = ' filter (where ' ~ condition ~ ')' -%}
    {%- set number = 'count(' ~ measure ~ ')' ~ only -%}
    {%- set ago = 'sum(if(' ~ measure ~ ' is null, null, seconds_ago))' ~ only -%}
    {%- set ago_squared = 'sum(if(' ~ measure ~ ' is null, null, ' ~ squared('seconds_ago') ~ '))' ~ only -%}
    {%- set total = 'sum(' ~ measure ~ ')' ~ only -%}
    {%- set product = 'sum(cast(' ~ measure ~ ' as hugeint) * seconds_ago)' ~ only -%}
    case
        when {{ number }} >= 8
            then
                -cast({{ number }} * {{ product }} - {{ ago }} * {{ total }} as double)
                / nullif(cast({{ number }} * {{ ago_squared }} - {{ ago }} * {{ ago }} as double), 0)
                * (86400.0 / 1000000)
    end
{%- endmacro %}
