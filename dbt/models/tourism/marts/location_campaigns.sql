{%- set keys = ['location'] %}
{{ config(unique_key=keys) }}

with {{ announced_states(
    ref('int_announcements'), ref('int_announcement_changes'), ['campaign']
) }}

states as (
    select
        location,
        created_timestamp,
        {{ announced_list(epoch_day('first_day'), 'campaign') }} as campaign_first_days,
        {{ announced_list(epoch_day('last_day'), 'campaign') }} as campaign_last_days,
        {{ announced_list('amount', 'campaign') }} as campaign_daily_spend,
        {{ announced_list('market', 'campaign') }} as campaign_markets,
        {{ announced_list('title', 'campaign') }} as campaign_ids,
        {{ announced_list('segment', 'campaign') }} as campaign_segments,
        {{ announced_list('announced_for', 'campaign') }} as campaign_scopes
    from announced
    group by all
)

select
    location,
    created_timestamp as event_timestamp,
    created_timestamp,
    campaign_first_days,
    campaign_last_days,
    campaign_daily_spend,
    campaign_markets,
    campaign_ids,
    campaign_segments,
    campaign_scopes
from states
{{ anchors(keys) }}
