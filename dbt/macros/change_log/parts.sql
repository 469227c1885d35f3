{#-
    Models of many keys are computed part by part, each part some of the keys: what grows with the
    keys (lists, medians) is held in memory and cannot spill. The runner says in how many parts, by
    domain: see tambo.lake.build_parts.

    kind  'states' where all that is known of a key is computed, 'facts' where only touched days are
-#}

{% macro parts(kind) -%}
    {%- set given = var(kind ~ '_parts') -%}
    {{- given.get(model.fqn[1], 1) if given is mapping else given -}}
{%- endmacro %}

{#- Whether a key is in the part that is being computed. -#}
{% macro in_part(kind, key) -%}
    {%- if parts(kind) != '1' -%}
        hash({{ key }}) % {{ parts(kind) }} = getvariable('{{ kind }}_part')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- dbt's own statement for the first part, and one more for each part after it. -#}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none
) -%}
    set variable states_part = 0;
    set variable facts_part = 0;
    {{ dbt.duckdb__create_table_as(
        temporary, relation, compiled_code, language, partitioned_by, sorted_by
    ) }};
    {%- for kind in ['states', 'facts'] if kind ~ '_part' in compiled_code %}
        {%- for part in range(1, parts(kind) | int) %}
            set variable {{ kind }}_part = {{ part }};
            insert into {{ relation.include(database=not temporary, schema=not temporary) }} by name
            {{ compiled_code }};
        {%- endfor %}
    {%- endfor %}
{%- endmacro %}
