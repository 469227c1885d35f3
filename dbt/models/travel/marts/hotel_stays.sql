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
    window_totals=['stays'],
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
    cast(stays_90d as bigint) as stays_90d
from states
{{ anchors(keys) }}
