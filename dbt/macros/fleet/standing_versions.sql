{#-
    Versions of raw lines, each from when it is known until the next of its key takes its place;
    those that take their line back, and those that never stood, are left out.

    staging  relation of a staging model
    keys     columns of its key
-#}
{% macro standing_versions(staging, keys) -%}
    select * from (
        select
            * exclude (known_at),
            known_at as created_timestamp,
            lead(known_at) over (
                partition by {{ keys | join(', ') }}
                order by known_at, batch_id, row_number
            ) as ended_timestamp
        from {{ staging }}
    )
    where not withdrawn and (ended_timestamp is null or ended_timestamp > created_timestamp)
{%- endmacro %}
