{%- set keys = ['user_code'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        user_code,
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
    latest='event',
    changes=ref('int_hotel_changes'),
) }}

select
    user_code,
    event_timestamp,
    created_timestamp,
    cast(stays as bigint) as stays_booked,
    {{ exact_mean('nights', 'stays', 1) }} as mean_nights_stayed,
    {{ exact_mean('price', 'stays') }} as mean_nightly_price_paid,
    cast(stays_90d as bigint) as stays_booked_90d,
    latest_event - interval 1 microsecond as last_stay_booked_at
from states
{{ anchors(keys) }}
