{#- CTEs `numbered`, the keys that are computed, and `counted`, their facts with the instants at
    which they start to count, end, and leave the window. -#}
{% macro counted_facts(facts, keys, totals, changes, latest) -%}
    {%- set key_list = keys | join(', ') -%}
    -- Keys as numbers: what is sorted below stays narrow.
    numbered as materialized (
        {%- if in_increment() %}
            select
                {{ key_list }},
                min(since) as since,
                cast(row_number() over () as integer) as key_number
            from {{ changes }}
            group by all
        {%- else %}
            select {{ key_list }}, cast(row_number() over () as integer) as key_number
            from (select distinct {{ key_list }} from {{ facts }})
        {%- endif %}
    ),

    counted as not materialized (
        select
            numbered.key_number,
            {%- if in_increment() %}
                numbered.since,
            {%- endif %}
            event_timestamp,
            {{ starts_at() }} as starts_at,
            -- What lies after as_of has not come yet.
            if(ended_timestamp <= {{ as_of() }}, ended_timestamp, null) as ends_at,
            if(window_ended_timestamp > {{ starts_at() }}, window_ended_timestamp, null) as leaves_at,
            {% if latest -%}
                {{ ordinal('numbered.key_number', 'event_timestamp', latest) }} as rank,
            {% endif -%}
            {%- for column in totals %}
                cast({{ column }} as {{ whole(column) }}) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ facts }}
        inner join numbered using ({{ key_list }})
        where
            {{ starts_at() }} <= {{ as_of() }}
            and (ended_timestamp is null or ended_timestamp > {{ starts_at() }})
    ),
{%- endmacro %}

{#- CTE `deltas`: what each fact adds to the totals and takes off again, and when. -#}
{% macro deltas(totals, window_totals, latest) -%}
    deltas as not materialized (
        select
            key_number,
            {{ instant('starts_at') }} as instant,
            event_timestamp as event,
            {{ 'if(ends_at is null, rank, null)' if latest else 'null' }} as rank,
            {{ totals | join(', ') }}
            {%- for column in window_totals -%}
                , if(leaves_at is null, 0, {{ column }}) as {{ column }}_90d
            {%- endfor %}
        from counted
        union all
        select
            key_number,
            {{ instant('ends_at') }} as instant,
            null as event,
            null as rank,
            -{{ totals | join(', -') }}
            {%- for column in window_totals -%}
                , if(leaves_at > ends_at, -{{ column }}, 0) as {{ column }}_90d
            {%- endfor %}
        from counted
        where ends_at is not null
        union all
        select
            key_number,
            {{ instant('leaves_at') }} as instant,
            leaves_at as event,
            null as rank
            {%- for column in totals -%}
                , 0 as {{ column }}
            {%- endfor %}
            {%- for column in window_totals -%}
                , -{{ column }} as {{ column }}_90d
            {%- endfor %}
        from counted
        where leaves_at <= {{ as_of() }} and (ends_at is null or ends_at >= leaves_at)
        union all
        select
            key_number,
            timestamp 'infinity' as instant,
            null as event,
            null as rank
            {%- for column in totals -%}
                , cast(-sum(if(ends_at is null, {{ column }}, 0)) as {{ whole(column) }}) as {{ column }}
            {%- endfor %}
            {%- for column in window_totals -%}
                , cast(
                    -sum(if(ends_at is null and leaves_at > {{ as_of() }}, {{ column }}, 0))
                    as {{ whole(column) }}
                ) as {{ column }}_90d
            {%- endfor %}
        from counted
        group by key_number
    ),
{%- endmacro %}

{#- What lies before `since` is put on one instant: an increment writes only what is new. -#}
{% macro instant(column) -%}
    {%- if in_increment() -%}
        greatest({{ column }}, since - interval 1 microsecond)
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}

{#- The type of a total: narrow, but for squares. -#}
{% macro whole(column) -%}
    {{- 'hugeint' if column.endswith('_squared') else 'bigint' -}}
{%- endmacro %}
