{#-
    CTE `lines`: lines of telemetry with their day; in increments those of the days that are touched,
    and of the days that these look back on.

    staging      relation of a staging model with `read_at`
    keys         columns of the key of a day
    looked_back  by how many days a day looks back
-#}
{% macro lines_around(staging, keys, looked_back) -%}
    {%- if in_increment() %}
    needed as (
        select distinct
            {{ keys | join(', ') }},
            local_day - unnest({{ looked_back }}) as local_day
        from touched
    ),

    {% endif -%}
    lines as (
        select * from (select *, cast(read_at as date) as local_day from {{ staging }})
        {%- if in_increment() %}
        semi join needed using ({{ keys | join(', ') }}, local_day)
        {%- endif %}
        where {{ in_part('facts', keys[0]) }}
    ),
{%- endmacro %}
