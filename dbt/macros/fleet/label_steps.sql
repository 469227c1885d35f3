{#- Days after a day up to which it is told, step by step, that nothing had happened. -#}
{% macro label_steps() -%}
    {{ return([7, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180]) }}
{%- endmacro %}

{#- How many days a label looks ahead. -#}
{% macro label_days() -%}
    {{ return(label_steps() | last) }}
{%- endmacro %}

{#- What a label says, as one value. -#}
{% macro label_state() -%}
    struct_pack(
        {%- for column in [
            'days_to_maintenance', 'maintenance_kind', 'maintenance_cost', 'days_to_fault',
            'failed_within_7d', 'failed_within_30d', 'failed_within_90d', 'observed_until',
        ] %}
        {{ column }} := {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- Days from one instant to a later one, with their fraction. -#}
{% macro days_between(first, later) -%}
    cast(epoch_us({{ later }}) - epoch_us({{ first }}) as double) / 86400000000
{%- endmacro %}
