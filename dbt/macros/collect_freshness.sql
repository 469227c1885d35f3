{#- Freshness is measured at the domain's as_of, not at the wall clock: see the sources'
    descriptions. -#}
{% macro duckdb__collect_freshness(source, loaded_at_field, filter) -%}
    {%- set declared = graph.sources.values()
        | selectattr('schema', 'equalto', source.schema)
        | selectattr('identifier', 'equalto', source.identifier)
        | first -%}
    {% call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
        select
            max({{ loaded_at_field }}) as max_loaded_at,
            least({{ as_of(declared) }}, cast(now() as timestamp)) as snapshotted_at
        from {{ source }}
        {{ 'where ' ~ filter if filter }}
    {%- endcall %}
    {{ return(load_result('collect_freshness')) }}
{%- endmacro %}
