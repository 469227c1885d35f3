{#- What this build must look at: from the last finished build to as_of. -#}

{#- Whether this build stands on an earlier one; `dbt build` alone computes everything. -#}
{% macro in_increment() -%}
    {%- if is_incremental() and var('built_snapshot') -%} yes {%- endif -%}
{%- endmacro %}

{% macro as_of() -%}
    timestamp '{{ var("as_of") }}'
{%- endmacro %}

{% macro built_as_of() -%}
    timestamp '{{ var("built_as_of") }}'
{%- endmacro %}

{#- A table as the last finished build left it. -#}
{% macro at_last_build(relation) -%}
    {{ relation }} at (version => {{ var("built_snapshot") }})
{%- endmacro %}

{#-
    Keys of raw rows that came, went or changed since the last finished build, in one column.

    A batch has changed if its row in audit.batches has, or if other rows of it stand in raw: an
    orphan whose parent came joins the rows of a batch that itself did not change.
-#}
{% macro touched_keys(table, column) -%}
    {%- set batches = source('audit', 'batches') -%}
    {%- set rows = 'select _batch_id, count(*), sum(_row_number) from ' -%}
    {%- set state = 'select batch_id, file_hash, status, revision from ' -%}
    with changed_batches as (
        {{ difference(rows ~ table ~ ' group by 1', rows ~ at_last_build(table) ~ ' group by 1') }}
        union all by name
        select batch_id as _batch_id from (
            {{ difference(state ~ batches, state ~ at_last_build(batches)) }}
        )
    )

    select {{ column }} from {{ table }}
    where _batch_id in (select _batch_id from changed_batches)
    union
    select {{ column }} from {{ at_last_build(table) }}
    where _batch_id in (select _batch_id from changed_batches)
{%- endmacro %}

{#- Rows of one query that the other lacks, both ways. -#}
{% macro difference(left, right) -%}
    ({{ left }} except {{ right }})
    union all
    ({{ right }} except {{ left }})
{%- endmacro %}
