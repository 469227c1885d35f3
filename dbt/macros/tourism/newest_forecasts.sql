{#-
    The forecasts that are the newest of their location when they become known: an older one that
    comes late, or is corrected, says nothing new.

    Ends with the CTE `news`: the columns of the forecasts.
-#}
{% macro newest_forecasts(forecasts, changes) -%}
    {%- if in_increment() %}
    numbered as materialized (
        select location, min(since) as since from {{ changes }} group by all
    ),

    {% endif -%}
    known as (
        select
            *,
            max(event_timestamp) over (
                partition by location
                order by created_timestamp
            ) as newest
        from {{ forecasts }}
        where created_timestamp <= {{ as_of() }}
    ),

    news as (
        select known.* from known
        {%- if in_increment() %}
        inner join numbered
            on known.location = numbered.location
            and known.created_timestamp >= numbered.since
        {%- endif %}
        where event_timestamp = newest
    ),
{%- endmacro %}

{#- A list of numbers with NaN for null; a factor before the name of the column is for each. -#}
{% macro or_nans(column) -%}
    {%- set name = column.split(' ')[-1] -%}
    list_transform({{ name }}, lambda one: coalesce({{ column | replace(name, 'one') }}, 'nan'))
{%- endmacro %}
