{#-
    The change log of what the newest facts of a key say: for every key, one row an instant at which
    what is known changes, with the values of the newest `number` facts known, over and not ended
    by then, newest first. Of several at one instant the highest value comes first.

    facts    CTE with the columns of `keys`, event_timestamp, created_timestamp, ended_timestamp,
             window_ended_timestamp (null) and `value`
    keys     columns of the key
    value    column of a whole number from 1 to 2^40 - 1
    number   how many facts are kept
    changes  relation of the keys that changed, with `since`; read by increments only

    Facts that never end are served by running maxima: what a new one pushes out of the first is
    news to the second, and so on. DuckDB streams them, and so many cost less than one aggregate
    that keeps a list. Facts that end are served by brief_ranks.
    Ends with the CTE `states`: keys, event_timestamp, created_timestamp, newest_<value>, a list,
    null where no fact is left.
-#}
{% macro newest_facts(facts, keys, value, number, changes) -%}
    {{ counted_facts(facts, keys, [value], changes, latest=value) }}

    moves as not materialized (
        select
            key_number,
            {{ instant('starts_at') }} as instant,
            event_timestamp as event,
            if(ends_at is null, rank, null) as news_1
        from counted
        union all
        select key_number, {{ instant('ends_at') }} as instant, null as event, null as news_1
        from counted
        where ends_at is not null
    ),

    {{ lasting_ranks(number) }}

    running as materialized (
        select
            key_number,
            {{ ordinal_timestamp('newest') }} as event_timestamp,
            instant as created_timestamp,
            position,
            list_filter(
                [
                    {%- for place in range(1, number + 1) -%}
                        lasting_{{ place }}{{ ', ' if not loop.last }}
                    {%- endfor -%}
                ],
                lambda rank: {{ ordinal_key('rank') }} = key_number
            ) as lasting_ranks,
            lasting_ranks[{{ number }}] as lasting_rank
        from lasting_{{ number }}
        where
            (next_key, next_instant) is distinct from (key_number, instant)
            and case
                when (next_key, next_instant) < (key_number, instant)
                    then error('newest_facts: the rows did not come in order')
                else true
            end
    ),

    {{ brief_ranks(number) }}

    ranked as not materialized (
        select
            running.* exclude (lasting_ranks),
            if(
                brief.brief_rank is null,
                running.lasting_ranks,
                list_reverse_sort(running.lasting_ranks || brief.brief_rank)[:{{ number }}]
            ) as ranks
        from running
        left join brief using (position)
    ),

    states as not materialized (
        select
            {%- for key in keys %}
                numbered.{{ key }},
            {%- endfor %}
            ranked.event_timestamp,
            ranked.created_timestamp,
            if(
                ranked.ranks = [],
                null,
                list_transform(
                    ranked.ranks, lambda rank: cast({{ ordinal_value('rank') }} as bigint)
                )
            ) as newest_{{ value }}
        from ranked
        inner join numbered using (key_number)
        {%- if in_increment() %}
            where ranked.created_timestamp >= numbered.since
        {%- endif %}
    )
{%- endmacro %}

{#- CTEs up to `lasting_<number>`: the highest ranks so far of facts that never end, one a column;
    some may be of the key before. -#}
{% macro lasting_ranks(number) -%}
    pushed_0 as not materialized (
        select
            *,
            max({{ ordinal('key_number', 'event') }}) {{ so_far() }} as newest,
            row_number() {{ so_far() }} as position,
            lead(key_number) over () as next_key,
            lead(instant) over () as next_instant
        from (select * from moves order by key_number, instant)
    ),
    {%- for place in range(1, number + 1) %}

    lasting_{{ place }} as not materialized (
        select *, max(news_{{ place }}) {{ so_far() }} as lasting_{{ place }}
        from pushed_{{ place - 1 }}
    ),
    {%- if not loop.last %}

    pushed_{{ place }} as not materialized (
        select
            * exclude (news_{{ place }}, before),
            case
                when news_{{ place }} > before then before
                when news_{{ place }} <= before then news_{{ place }}
            end as news_{{ place + 1 }}
        from (select *, lag(lasting_{{ place }}) over () as before from lasting_{{ place }})
    ),
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
