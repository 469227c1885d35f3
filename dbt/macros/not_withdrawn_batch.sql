{#- A withdrawn batch counts as never had. -#}
{% macro not_withdrawn_batch() -%}
    _batch_id not in (select batch_id from {{ source('audit', 'batches') }} where status = 'withdrawn')
{%- endmacro %}
