{#-
    The highest rank among the facts that end, at the instants at which it may be the highest of all.

    A running maximum serves the facts that never end. A fact that ends counts for a span of rows of
    `running` only, and only until a lasting fact outranks it. Such spans are cut into blocks of 1,
    16, 256, ... positions, so that a span of n rows makes fewer than 30 log16(n) blocks and a row
    lies in log16(n) of them: also a whole history that was sent again, corrected, stays near
    linear.

    number  how many ranks are wanted, as a list; none: the highest alone

    Reads `counted` and `running` of running_state or newest_facts, of which lasting_rank is the
    lowest rank that is kept of the facts that never end. Ends with the CTE `brief`: position,
    brief_rank.
-#}
{% macro brief_ranks(number=none) -%}
    ending as materialized (
        select
            row_number() over () as fact,
            key_number,
            {{ instant('starts_at') }} as starts_at,
            {{ instant('ends_at') }} as ends_at,
            rank
        from counted
        where ends_at is not null
    ),

    steps as materialized (
        select key_number, created_timestamp as instant, position, lasting_rank
        from running
        where key_number in (select key_number from ending)
    ),

    outranked as (
        select key_number, lasting_rank, min(instant) as instant
        from steps
        where lasting_rank is not null
        group by key_number, lasting_rank
    ),

    foremost as (
        select
            ending.fact,
            ending.key_number,
            ending.starts_at,
            least(ending.ends_at, outranked.instant) as ends_at,
            ending.rank
        from ending
        asof left join outranked
            on ending.key_number = outranked.key_number
            and ending.rank <= outranked.lasting_rank
    ),

    -- One join for both edges of a span: with two, the planner may join the steps to themselves.
    edges as (
        select fact, key_number, rank, unnest([starts_at, ends_at]) as instant
        from foremost
        where starts_at < ends_at
    ),

    spans as (
        select edges.rank, min(steps.position) as first, max(steps.position) as past
        from edges
        inner join steps using (key_number, instant)
        group by edges.fact, edges.rank
    ),

    levels as (
        select
            rank,
            level,
            (first + (1 << 4 * level) - 1) >> 4 * level as first_block,
            past >> 4 * level as past_block,
            (first + (1 << 4 * (level + 1)) - 1) >> 4 * (level + 1) << 4 as first_above,
            past >> 4 * (level + 1) << 4 as past_above
        from spans, range(0, 9) as levels(level)
        where first_block < past_block
    ),

    blocks as (
        select level, block, max(rank{{ ', ' ~ number if number }}) as rank
        from (
            select
                level,
                rank,
                unnest(
                    if(
                        first_above < past_above,
                        range(first_block, first_above) || range(past_above, past_block),
                        range(first_block, past_block)
                    )
                ) as block
            from levels
        )
        group by level, block
    ),

    -- Unnested, not joined: so every probe is ready before it meets the blocks.
    probes as (
        select position, level, position >> 4 * level as block
        from (
            select position, unnest((select list(distinct level) from blocks)) as level
            from steps
        )
    ),

    brief as (
        select
            probes.position,
            {% if number -%}
                list_reverse_sort(flatten(list(blocks.rank)))[:{{ number }}] as brief_rank
            {%- else -%}
                max(blocks.rank) as brief_rank
            {%- endif %}
        from probes
        inner join blocks using (level, block)
        group by probes.position
    ),
{%- endmacro %}
