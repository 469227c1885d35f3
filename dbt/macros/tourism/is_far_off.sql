{#-
    Whether a count is too far off the usual one to be visitors: a spike of a sensor, or a sensor that
    counts nobody. A count that is only low is kept: a holiday empties an hour, no sensor halves one.

    Far is six robust standard deviations of the logarithm (1.4826 median absolute deviations; Hampel,
    1974), and never less than a factor of six.
-#}
{% macro is_far_off(median) -%}
    if(hours.visitors = 0, -1, 1) * (ln(1 + hours.visitors) - {{ median }})
    > greatest(ln(6), 6 * 1.4826 * usual.weekly_deviation)
{%- endmacro %}
