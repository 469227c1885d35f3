{%- set keys = ['location'] %}
{{ config(unique_key=keys) }}

with {{ announced_states(
    ref('int_announcements'), ref('int_announcement_changes'), ['factor']
) }}

states as (
    select
        location,
        created_timestamp,
        arg_max(amount, first_day) filter (where title = 'exchange_rate') as exchange_rate,
        arg_max(amount, first_day) filter (where title = 'fuel_price') as fuel_price
    from announced
    group by all
)

select
    location,
    created_timestamp as event_timestamp,
    created_timestamp,
    exchange_rate,
    fuel_price
from states
{{ anchors(keys) }}
