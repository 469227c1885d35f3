{#- A list of columns: the template once for each name, which stands where it has a dollar sign. -#}
{% macro each(names, template) -%}
    {%- for name in names -%}
        {{ template | replace('$', name | string) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
