{#- Sums are kept as whole numbers, so that no order of adding changes the last digit. -#}

{#- Money as ten-thousandths of the currency: DECIMAL(18, 4) without its point. -#}
{% macro ten_thousandths(column) -%}
    cast({{ column }} * 10000 as bigint)
{%- endmacro %}

{#- Kilometres and hours as millionths. -#}
{% macro millionths(column) -%}
    cast(round({{ column }} * 1000000) as bigint)
{%- endmacro %}

{#- The mean of `total` whole units over `number` facts; null where there is no fact. -#}
{% macro exact_mean(total, number, units=10000) -%}
    cast({{ total }} as double) / nullif(cast({{ number }} as double) * {{ units }}, 0)
{%- endmacro %}

{#- Sample standard deviation from exact sums; null below two facts. -#}
{% macro exact_std(total, total_of_squares, number, units=10000) -%}
    case
        when {{ number }} > 1
            then sqrt(
                cast({{ number }} * {{ total_of_squares }} - {{ squared(total) }} as double)
                / (cast({{ number }} as double) * ({{ number }} - 1))
            ) / {{ units }}
    end
{%- endmacro %}

{#- A sum or a value in its own unit again. -#}
{% macro exact(whole, units=10000) -%}
    cast({{ whole }} as double) / {{ units }}
{%- endmacro %}

{#- A number, or the bound that it lies beyond: not below minus `most` nor above it; null is null. -#}
{% macro within(number, most) -%}
    case
        when {{ number }} < -{{ most }} then cast(-{{ most }} as double)
        when {{ number }} > {{ most }} then cast({{ most }} as double)
        else {{ number }}
    end
{%- endmacro %}

{#- A square that no bigint holds. -#}
{% macro squared(whole) -%}
    cast({{ whole }} as hugeint) * {{ whole }}
{%- endmacro %}
