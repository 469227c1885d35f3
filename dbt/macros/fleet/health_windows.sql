{#- Hours in microseconds. -#}
{% macro hours(number) -%}
    {{ number * 3600000000 }}
{%- endmacro %}

{#- Columns of the readings of a window, of both measures: as read, and without outliers. -#}
{% macro readings_known(measures) -%}
    {%- for measure in measures -%}
        readings.{{ measure }} as {{ measure }}_read,
        if(readings.{{ measure }}_is_outlier, null, readings.{{ measure }}) as {{ measure }},
        readings.{{ measure }}_zscore,
        readings.{{ measure }}_is_far_by_zscore,
        readings.{{ measure }}_is_far_by_iqr,
        readings.{{ measure }}_is_outlier{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- What the windows of 24, 168 and 672 hours hold of both measures, in millionths. -#}
{% macro windows_of_all(measures) -%}
    {%- for measure in measures -%}
        arg_max(struct_pack(
            as_read := {{ measure }}_read,
            zscore := {{ measure }}_zscore,
            by_zscore := {{ measure }}_is_far_by_zscore,
            by_iqr := {{ measure }}_is_far_by_iqr,
            is_outlier := {{ measure }}_is_outlier
        ), read_at) as {{ measure }}_newest,
        arg_max({{ measure }}, read_at) filter (
            where {{ measure }} is not null and micros_ago <= {{ hours(24) }}
        ) as {{ measure }},
        count({{ measure }}) filter (where micros_ago < {{ hours(168) }}) as {{ measure }}_number_7d,
        sum({{ measure }}) filter (where micros_ago < {{ hours(168) }}) as {{ measure }}_sum_7d,
        sum({{ squared(measure) }}) filter (where micros_ago < {{ hours(168) }}) as {{ measure }}_squares_7d,
        count(*) filter (where {{ measure }}_is_outlier) as {{ measure }}_outliers_28d,
        {{ slope(measure) }} as {{ measure }}_trend_28d{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The features of both measures, in their own units. -#}
{% macro health_features(measures) -%}
    {%- for measure in measures -%}
        {%- set newest = 'states.' ~ measure ~ '_newest' -%}
        {{ exact('states.' ~ measure, 1000000) }} as {{ measure }},
        {{ exact(newest ~ '.as_read', 1000000) }} as {{ measure }}_read,
        {{ newest }}.zscore as {{ measure }}_zscore,
        {{ newest }}.by_zscore as {{ measure }}_is_far_by_zscore,
        {{ newest }}.by_iqr as {{ measure }}_is_far_by_iqr,
        {{ newest }}.is_outlier as {{ measure }}_is_outlier,
        ({{ newest }}.is_outlier or {{ newest }}.as_read is null)
        and states.{{ measure }} is not null as {{ measure }}_is_filled,
        {{ exact_mean(
            'states.' ~ measure ~ '_sum_7d', 'states.' ~ measure ~ '_number_7d', 1000000
        ) }} as {{ measure }}_mean_7d,
        {{ exact_std(
            'states.' ~ measure ~ '_sum_7d',
            'states.' ~ measure ~ '_squares_7d',
            'states.' ~ measure ~ '_number_7d',
            1000000,
        ) }} as {{ measure }}_std_7d,
        states.{{ measure }}_trend_28d,
        cast(states.{{ measure }}_outliers_28d as bigint) as {{ measure }}_outliers_28d,
    {%- endfor -%}
{%- endmacro %}

{#- What a sensor reads at most, by measure; the least is 0. -#}
{% macro most_of(measure) -%}
    {{ return({'engine_health_score': 100, 'temperature_variance': 10000}[measure]) }}
{%- endmacro %}

{#-
    Slope a day of a measure in millionths over `micros_ago`, by least squares. Null below eight
    readings, or where they are of less than a day: a minute's noise is no trend. A line steeper than
    all that a sensor reads in a day is told as that.
-#}
{% macro slope(measure) -%}
    {%- set each_ago = 'if(' ~ measure ~ ' is null, null, micros_ago)' -%}
    {%- set number = 'count(' ~ measure ~ ')' -%}
    {%- set ago = 'sum(' ~ each_ago ~ ')' -%}
    {%- set squares = 'sum(if(' ~ measure ~ ' is null, null, ' ~ squared('micros_ago') ~ '))' -%}
    {%- set product = 'sum(cast(' ~ measure ~ ' as hugeint) * micros_ago)' -%}
    {%- set above = number ~ ' * ' ~ product ~ ' - ' ~ ago ~ ' * sum(' ~ measure ~ ')' -%}
    {%- set below = number ~ ' * ' ~ squares ~ ' - ' ~ ago ~ ' * ' ~ ago -%}
    case
        when {{ number }} >= 8 and max({{ each_ago }}) - min({{ each_ago }}) >= {{ hours(24) }}
            then
                {{ within(
                    '-cast(' ~ above ~ ' as double) / cast(' ~ below ~ ' as double) * 86400.0',
                    most_of(measure),
                ) }}
    end
{%- endmacro %}
