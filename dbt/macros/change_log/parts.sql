{#-
    Models of many keys are computed part by part, each part some of the keys: what grows with the
    keys (lists, medians) is held in memory and cannot spill. The runner says in how many parts, by
    domain, from the rows in raw: see tambo.lake.build_parts.
-#}

{% macro parts() -%}
    {{- var('parts').get(model.fqn[1], 1) if var('parts') is mapping else var('parts') -}}
{%- endmacro %}

{#- Whether a key is in the part that is being computed. -#}
{% macro in_part(key) -%}
    {%- if parts() != '1' -%}
        hash({{ key }}) % {{ parts() }} = getvariable('part')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- dbt's own statement for the first part, and one more for each part after it. -#}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none
) -%}
    set variable part = 0;
    {{ dbt.duckdb__create_table_as(
        temporary, relation, compiled_code, language, partitioned_by, sorted_by
    ) }};
    {%- if "getvariable('part')" in compiled_code %}
        {%- for part in range(1, parts() | int) %}
            set variable part = {{ part }};
            insert into {{ relation.include(database=not temporary, schema=not temporary) }} by name
            {{ compiled_code }};
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
