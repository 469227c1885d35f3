{#-
    The highest `rank` among the facts that count at an instant, also where facts end.

    A running maximum serves the facts that never end. A fact that ends counts for a span of
    instants only, and only until a lasting fact outranks it. Such spans are cut into blocks of 1,
    16, 256, ... instants, so that one that spans n instants makes fewer than 30 log16(n) blocks
    and each instant lies in log16(n) of them: also a whole history that was sent again, corrected,
    stays near linear.

    Reads `counted` and `running` of running_state; ends with the CTE `brief`: key_number,
    position, brief_rank.
-#}
{% macro brief_ranks() -%}
    ending as materialized (
        select
            key_number,
            {{ instant('starts_at') }} as starts_at,
            {{ instant('ends_at') }} as ends_at,
            rank
        from counted
        where ends_at <= {{ as_of() }}
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
            ending.key_number,
            ending.starts_at,
            least(ending.ends_at, outranked.instant) as ends_at,
            ending.rank
        from ending
        asof left join outranked
            on ending.key_number = outranked.key_number
            and ending.rank <= outranked.lasting_rank
    ),

    spans as (
        select
            foremost.key_number,
            foremost.rank,
            first_step.position as first,
            past_step.position as past
        from foremost
        inner join steps as first_step
            on foremost.key_number = first_step.key_number
            and foremost.starts_at = first_step.instant
        inner join steps as past_step
            on foremost.key_number = past_step.key_number
            and foremost.ends_at = past_step.instant
        where foremost.starts_at < foremost.ends_at
    ),

    levels as (
        select
            spans.*,
            level,
            (first + (1 << 4 * level) - 1) >> 4 * level as first_block,
            past >> 4 * level as past_block,
            (first + (1 << 4 * (level + 1)) - 1) >> 4 * (level + 1) << 4 as first_above,
            past >> 4 * (level + 1) << 4 as past_above
        from spans, range(0, 8) as levels(level)
        where first_block < past_block
    ),

    blocks as (
        select key_number, level, block, max(rank) as rank
        from (
            select
                key_number,
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
        group by key_number, level, block
    ),

    brief as (
        select steps.key_number, steps.position, max(blocks.rank) as brief_rank
        from steps
        inner join (select distinct key_number, level from blocks) as used using (key_number)
        inner join blocks
            on steps.key_number = blocks.key_number
            and used.level = blocks.level
            and steps.position >> 4 * used.level = blocks.block
        group by steps.key_number, steps.position
    ),
{%- endmacro %}

{#- Facts in one order: by event, then by value. A value is below 10^18, an event after year -1200. -#}
{% macro rank(value) -%}
    (cast(epoch_us(event_timestamp) as hugeint) + 100000000000000000) * 1000000000000000000
    {{- ' + ' ~ value if value != 'event' }}
{%- endmacro %}

{% macro ranked_value(rank, value) -%}
    {%- if value == 'event' -%}
        make_timestamp(cast({{ rank }} // 1000000000000000000 - 100000000000000000 as bigint))
    {%- else -%}
        {{ rank }} % 1000000000000000000
    {%- endif -%}
{%- endmacro %}
