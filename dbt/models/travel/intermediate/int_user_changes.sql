{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_user_facts'),
    raw=source('travel', 'users'),
    raw_key='code',
    key='user_code',
    windowed=false,
) }}
