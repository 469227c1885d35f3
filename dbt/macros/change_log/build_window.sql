{#- What this build must look at: from the last finished build to as_of. -#}

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

{#- Keys of raw rows that came, went or changed since the last finished build. Every change of raw
    changes its batch's row in audit.batches. -#}
{% macro touched_keys(table, column) -%}
    {%- set batches = source('audit', 'batches') -%}
    with changed_batches as (
        {%- set state = 'batch_id, file_hash, status, revision' %}
        (
            select {{ state }} from {{ batches }}
            except
            select {{ state }} from {{ at_last_build(batches) }}
        )
        union all
        (
            select {{ state }} from {{ at_last_build(batches) }}
            except
            select {{ state }} from {{ batches }}
        )
    )

    select {{ column }} from {{ table }}
    where _batch_id in (select batch_id from changed_batches)
    union
    select {{ column }} from {{ at_last_build(table) }}
    where _batch_id in (select batch_id from changed_batches)
{%- endmacro %}
