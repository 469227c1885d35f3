{#- A model's schema is the folder of its layer: models/<domain>/<layer>/<model>.sql. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set layer = node.path.split('/')[-2] if node.path and '/' in node.path else '' -%}
    {%- if node.resource_type == 'model' and layer in ['staging', 'intermediate', 'marts'] -%}
        {{- layer -}}
    {%- else -%}
        {{- custom_schema_name or target.schema -}}
    {%- endif -%}
{%- endmacro %}
