{%- set keys = ['place'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        window_ended_timestamp,
        1 as stays,
        {{ ten_thousandths('nightly_price') }} as price
    from {{ ref('int_hotel_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['stays', 'price'],
    window_totals=['stays', 'price'],
    changes=ref('int_hotel_changes'),
) }}

select
    place,
    event_timestamp,
    created_timestamp,
    cast(stays as bigint) as place_stays,
    cast(stays_90d as bigint) as place_stays_90d,
    {{ exact_mean('price', 'stays') }} as place_mean_nightly_price,
    {{ exact_mean('price_90d', 'stays_90d') }} as place_mean_nightly_price_90d
from states
{{ anchors(keys) }}
