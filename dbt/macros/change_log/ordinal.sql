{#-
    A key, an instant and a value as one whole number of 127 bits that sorts like the three.

    33 bits for the key's number, 54 for the microseconds since 1900 (to the year 2470), 40 for the
    value, which is below 2^40. A running maximum of it over all keys in order starts anew with
    each key.
-#}
{% macro ordinal(key_number, timestamp, value='event') -%}
    cast({{ key_number }} as hugeint) * {{ 2 ** 94 }}
    + cast(epoch_us({{ timestamp }}) + 2208988800000000 as hugeint) * {{ 2 ** 40 }}
    {%- if value != 'event' %}
    + if({{ value }} < {{ 2 ** 40 }}, {{ value }}, error('a {{ value }} is too high to be ranked'))
    {%- endif -%}
{%- endmacro %}

{% macro ordinal_key(ordinal) -%}
    ({{ ordinal }} >> 94)
{%- endmacro %}

{% macro ordinal_timestamp(ordinal) -%}
    make_timestamp(cast((({{ ordinal }} >> 40) & {{ 2 ** 54 - 1 }}) - 2208988800000000 as bigint))
{%- endmacro %}

{% macro ordinal_value(ordinal) -%}
    ({{ ordinal }} & {{ 2 ** 40 - 1 }})
{%- endmacro %}

{#- What was ranked: the value, or the instant itself. -#}
{% macro ranked(latest, ordinal) -%}
    {{- ordinal_timestamp(ordinal) if latest == 'event' else ordinal_value(ordinal) -}}
{%- endmacro %}
