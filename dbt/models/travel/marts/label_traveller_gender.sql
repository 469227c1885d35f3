{%- set keys = ['user_code'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        user_code,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        company,
        age,
        gender
    from {{ ref('int_user_facts') }}
),

{{ versioned_state('facts', keys, changes=ref('int_user_changes')) }}

select
    user_code,
    created_timestamp as event_timestamp,
    created_timestamp,
    company,
    cast(floor(age / 10) * 10 as bigint) as age_from,
    gender
from states
{{ anchors(keys) }}
