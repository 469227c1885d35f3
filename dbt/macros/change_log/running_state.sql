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
    leaves the window; a last row of each key takes off what is left. So the rows of a key sum to
    nothing, and one running sum over all keys, in order of key and instant, starts at nothing for
    each: DuckDB streams it, three times cheaper than sums by partition.
    Ends with the CTE `states`: keys, event_timestamp, created_timestamp and the totals, all of
    them null where no fact is left.
-#}
{% macro running_state(facts, keys, totals, window_totals, changes, latest=none) -%}
    {%- set all_totals = totals | list -%}
    {%- for column in window_totals %}{% do all_totals.append(column ~ '_90d') %}{% endfor -%}
    {{ counted_facts(facts, keys, totals, changes, latest) }}

    {{ deltas(totals, window_totals, latest) }}

    -- Files make many facts known at one instant: few rows are left to sort.
    summed as not materialized (
        select
            key_number,
            instant,
            max(event) as event,
            max(rank) as rank
            {%- for column in all_totals -%}
                , cast(sum({{ column }}) as {{ whole(column) }}) as {{ column }}
            {%- endfor %}
        from deltas
        group by key_number, instant
    ),

    accumulated as not materialized (
        select
            key_number,
            instant,
            max({{ ordinal('key_number', 'event') }}) {{ so_far() }} as newest,
            max(rank) {{ so_far() }} as lasting_rank,
            row_number() {{ so_far() }} as position,
            {%- for column in all_totals %}
                cast(sum({{ column }}) {{ so_far() }} as {{ whole(column) }}) as {{ column }},
            {%- endfor %}
            lead(key_number) over () as next_key,
            lead(instant) over () as next_instant
        from (select * from summed order by key_number, instant)
    ),

    running as {{ 'materialized' if latest else 'not materialized' }} (
        select
            key_number,
            {{ ordinal_timestamp('newest') }} as event_timestamp,
            instant as created_timestamp,
            {%- if latest %}
                position,
                if({{ ordinal_key('lasting_rank') }} = key_number, lasting_rank, null) as lasting_rank,
            {%- endif %}
            {{ all_totals | join(', ') }}
        from accumulated
        where
            instant < timestamp 'infinity'
            and case
                when (next_key, next_instant) <= (key_number, instant)
                    then error('running_state: the rows did not come in order')
                else true
            end
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
                , {{ ranked(latest, 'greatest(running.lasting_rank, brief.brief_rank)') }}
                as latest_{{ latest }}
            {%- endif %}
        from running
        inner join numbered using (key_number)
        {%- if latest %}
            left join brief using (position)
        {%- endif %}
        {%- if in_increment() %}
            where running.created_timestamp >= numbered.since
        {%- endif %}
    )
{%- endmacro %}

{#- The rows that tell the strategy from where on to replace a touched key. -#}
{% macro anchors(keys) -%}
    {%- if in_increment() %}
union all by name
select {{ keys | join(', ') }}, since as created_timestamp from numbered
    {%- endif -%}
{%- endmacro %}
