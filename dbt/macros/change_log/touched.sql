{#- CTE `touched`, in increments only: the keys of which raw rows came, went or changed. -#}
{% macro touched(raw, raw_key, key) -%}
    {%- if in_increment() -%}
        touched as (
            select {{ raw_key }} as {{ key }} from ({{ touched_keys(raw, raw_key) }})
        ),
    {%- endif -%}
{%- endmacro %}

{#- In increments: what belongs to a touched key. -#}
{% macro only_touched(key) -%}
    {%- if in_increment() -%}
        where {{ key }} in (select {{ key }} from touched)
    {%- endif -%}
{%- endmacro %}

{#- In increments: every row of a touched key is replaced. -#}
{% macro replace_touched(key) -%}
    {%- if in_increment() -%}
        union all by name
        select {{ key }}, timestamp '-infinity' as created_timestamp from touched
    {%- endif -%}
{%- endmacro %}
