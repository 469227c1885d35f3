{#-
    The change log of one mart: for every key, one row an instant at which what is known changes,
    with the running totals over the facts known, over and not ended by then.

    facts          CTE with the columns of `keys`, event_timestamp, created_timestamp,
                   ended_timestamp, window_ended_timestamp, and a whole number for each total
    keys           columns of the key
    totals         columns to sum over all facts; the first one counts the facts
    window_totals  columns to sum over the facts in the window of 90 days, named <column>_90d
    changes        relation of the keys that changed, with `since`; read by increments only
    latest         column of which the value at the newest event is wanted, or 'event' itself;
                   of several at one instant the highest; named latest_<column>

    Every fact gives +x where it starts to count, -x where it ends, and for the windows -x where it
    leaves the window. Summed by instant and then along the key: linear in the number of facts.
    Ends with the CTE `states`: keys, event_timestamp, created_timestamp and the totals, all of
    them null where no fact is left.
-#}
{% macro running_state(facts, keys, totals, window_totals, changes, latest=none) -%}
    {%- set key_list = keys | join(', ') -%}
    {%- set all_totals = totals + window_columns(window_totals) -%}
    -- Keys as numbers: what is sorted below stays narrow.
    numbered as materialized (
        {%- if is_incremental() %}
            select {{ key_list }}, min(since) as since, row_number() over () as key_number
            from {{ changes }}
            group by all
        {%- else %}
            select {{ key_list }}, row_number() over () as key_number
            from (select distinct {{ key_list }} from {{ facts }})
        {%- endif %}
    ),

    counted as not materialized (
        select
            numbered.key_number,
            {%- if is_incremental() %}
                numbered.since,
            {%- endif %}
            event_timestamp,
            {{ starts_at() }} as starts_at,
            ended_timestamp as ends_at,
            if(window_ended_timestamp > {{ starts_at() }}, window_ended_timestamp, null) as leaves_at,
            {{ rank(latest) if latest else 'null' }} as rank,
            {{ totals | join(', ') }}
        from {{ facts }}
        inner join numbered using ({{ key_list }})
        where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
    ),

    deltas as not materialized (
        select
            key_number,
            {{ instant('starts_at') }} as instant,
            event_timestamp as event,
            if(ends_at <= {{ as_of() }}, null, rank) as rank,
            {{ totals | join(', ') }}
            {%- for column in window_totals -%}
                , if(leaves_at is null, 0, {{ column }}) as {{ column }}_90d
            {%- endfor %}
        from counted
        where starts_at <= {{ as_of() }}
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
        where ends_at <= {{ as_of() }}
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
        where leaves_at <= {{ as_of() }} and (ends_at is null or ends_at > leaves_at)
    ),

    summed as not materialized (
        select
            key_number,
            instant,
            max(event) as event,
            max(rank) as rank
            {%- for column in all_totals -%}
                , sum({{ column }}) as {{ column }}
            {%- endfor %}
        from deltas
        group by key_number, instant
    ),

    running as {{ 'materialized' if latest else 'not materialized' }} (
        select
            key_number,
            instant as created_timestamp,
            row_number() over so_far - 1 as position,
            max(event) over so_far as event_timestamp,
            max(rank) over so_far as lasting_rank
            {%- for column in all_totals -%}
                , sum({{ column }}) over so_far as {{ column }}
            {%- endfor %}
        from summed
        window so_far as (
            partition by key_number order by instant
            rows between unbounded preceding and current row
        )
    ),

    {% if latest -%}
        {{ brief_ranks() }}

    {% endif -%}
    states as not materialized (
        select
            {%- for key in keys %}
                numbered.{{ key }},
            {%- endfor %}
            running.event_timestamp,
            running.created_timestamp
            {%- for column in all_totals -%}
                , if(running.{{ totals[0] }} = 0, null, running.{{ column }}) as {{ column }}
            {%- endfor %}
            {%- if latest -%}
                , {{ ranked_value('greatest(lasting_rank, brief_rank)', latest) }} as latest_{{ latest }}
            {%- endif %}
        from running
        inner join numbered using (key_number)
        {%- if latest %}
            left join brief using (key_number, position)
        {%- endif %}
        {%- if is_incremental() %}
            where running.created_timestamp >= numbered.since
        {%- endif %}
    )
{%- endmacro %}

{% macro window_columns(columns) -%}
    {%- set named = [] -%}
    {%- for column in columns %}{% do named.append(column ~ '_90d') %}{% endfor -%}
    {{- return(named) -}}
{%- endmacro %}

{#- What lies before `since` is summed into one instant: an increment sorts only what is new. -#}
{% macro instant(column) -%}
    {%- if is_incremental() -%}
        greatest({{ column }}, since - interval 1 microsecond)
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}

{#- The rows that tell the strategy from where on to replace a touched key. -#}
{% macro anchors(keys) -%}
    {%- if is_incremental() %}
union all by name
select {{ keys | join(', ') }}, since as created_timestamp from numbered
    {%- endif -%}
{%- endmacro %}
