{#-
    Versions of announcements: from when to when each stood. Nothing counts before it was announced.

    staging    relation of a table about the future
    keys       columns of its key
    announced  column that says when it was announced; null where the file does not say
-#}
{% macro announced_versions(staging, keys, announced) -%}
    select
        *,
        greatest(known_at, {{ announced }}) as created_timestamp,
        lead(greatest(known_at, {{ announced }})) over (
            partition by {{ keys | join(', ') }}
            order by greatest(known_at, {{ announced }}), batch_id, row_number
        ) as ended_timestamp
    from {{ staging }}
{%- endmacro %}

{#- The number of a word in a list, from 1. -#}
{% macro number_of(column, words) -%}
    list_position(['{{ words | join("', '") }}'], {{ column }})
{%- endmacro %}

{#- Days since 1970-01-01. -#}
{% macro epoch_day(date) -%}
    {{ date }} - date '1970-01-01'
{%- endmacro %}
