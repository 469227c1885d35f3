{%- set keys = ['location'] %}
{%- set kinds = ['holiday', 'school', 'event', 'closure'] %}
{{ config(unique_key=keys) }}

with {{ announced_states(
    ref('int_announcements'), ref('int_announcement_changes'), kinds
) }}

states as (
    select
        location,
        created_timestamp,
        {{ each(kinds, announced_list(epoch_day('first_day'), '$') ~ ' as $_first_days') }},
        {{ each(kinds, announced_list(epoch_day('last_day'), '$') ~ ' as $_last_days') }},
        {{ announced_list('code', 'holiday') }} as holiday_types,
        {{ announced_list('title', 'holiday') }} as holiday_names,
        {{ announced_list('code', 'event') }} as event_types,
        {{ announced_list('title', 'event') }} as event_names
    from announced
    group by all
)

select
    location,
    created_timestamp as event_timestamp,
    created_timestamp,
    holiday_first_days,
    holiday_last_days,
    holiday_types,
    holiday_names,
    school_first_days,
    school_last_days,
    event_first_days,
    event_last_days,
    event_types,
    event_names,
    closure_first_days,
    closure_last_days
from states
{{ anchors(keys) }}
