{#-
    What this build must look at: from the last finished build to as_of.

    Both instants are those of the domain whose model is compiled. dbt's fqn of whatever lies in
    models/<domain>/ begins with the project and the domain: of models, of their tests, and of
    sources. A model that reads another domain's is of its own domain's instant.
-#}

{#- Whether the last finished build had this model's domain; `dbt build` alone has none. -#}
{% macro was_built() -%}
    {%- if var('built_snapshot') and model.fqn[1] in var('built_as_of') -%} yes {%- endif -%}
{%- endmacro %}

{#- Whether this build stands on an earlier one; a domain that is new is computed from nothing. -#}
{% macro in_increment() -%}
    {%- if is_incremental() and was_built() -%} yes {%- endif -%}
{%- endmacro %}

{#- node: whose domain is meant, where no model is being compiled. -#}
{% macro as_of(node=none) -%}
    {{ instant_of_domain(var('as_of'), node) }}
{%- endmacro %}

{% macro built_as_of() -%}
    {{ instant_of_domain(var('built_as_of'), none) }}
{%- endmacro %}

{% macro instant_of_domain(instants, node) -%}
    {%- if instants is not mapping -%}
        timestamp '{{ instants }}'
    {%- else -%}
        {%- set domain = (node or model).fqn[1] -%}
        {%- if domain not in instants and execute -%}
            {{ exceptions.raise_compiler_error(
                'no as_of is given for ' ~ domain ~ ', only for ' ~ instants.keys() | join(', ')
                ~ ': a model that has one lies in models/<domain>/'
            ) }}
        {%- endif -%}
        timestamp '{{ instants.get(domain, "infinity") }}'
    {%- endif -%}
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
