{{ config(unique_key=['travel_code']) }}

{%- set raw = source('travel', 'hotels') %}

with {% if is_incremental() -%}
touched as (
    select "travelCode" as travel_code
    from ({{ touched_keys(raw, '"travelCode"') }})
),

{% endif -%}
hotels as (
    select * from {{ ref('stg_hotels') }}
    {% if is_incremental() -%}
        where travel_code in (select travel_code from touched)
    {%- endif %}
),

versions as (
    select
        *,
        lead(known_at) over (
            partition by travel_code order by known_at, batch_id, row_number
        ) as ended_timestamp
    from hotels
),

facts as (
    select
        travel_code,
        user_code,
        hotel_name,
        place,
        nights,
        nightly_price,
        -- Strictly after the booking: no stay counts for itself.
        event_at + interval 1 microsecond as event_timestamp,
        known_at as created_timestamp,
        ended_timestamp,
        {{ window_end('event_at', travel_zone()) }} as window_ended_timestamp
    from versions
    where not withdrawn
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
{% if is_incremental() -%}
    union all by name
    select travel_code, timestamp '-infinity' as created_timestamp from touched
{%- endif %}
