{%- set keys = ['user_code'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        user_code,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        first_name,
        company,
        age,
        gender
    from {{ ref('int_user_facts') }}
),

{{ versioned_state('facts', keys, changes=ref('int_user_changes')) }}

select
    user_code,
    -- Nothing is known of a person who was withdrawn, from then on.
    created_timestamp as event_timestamp,
    created_timestamp,
    first_name,
    company,
    age,
    gender
from states
{{ anchors(keys) }}
