{%- set keys = ['hotel_name', 'place'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        hotel_name,
        place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        window_ended_timestamp,
        1 as stays,
        nights,
        {{ ten_thousandths('nightly_price') }} as price
    from {{ ref('int_hotel_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['stays', 'nights', 'price'],
    window_totals=['stays', 'price'],
    latest='price',
    changes=ref('int_hotel_changes'),
) }}

select
    hotel_name,
    place,
    event_timestamp,
    created_timestamp,
    cast(stays as bigint) as stays,
    {{ exact_mean('price', 'stays') }} as mean_nightly_price,
    {{ exact_mean('nights', 'stays', 1) }} as mean_nights,
    cast(stays_90d as bigint) as stays_90d,
    {{ exact_mean('price_90d', 'stays_90d') }} as mean_nightly_price_90d,
    {{ exact('latest_price') }} as last_nightly_price
from states
{{ anchors(keys) }}
