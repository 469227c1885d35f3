{{ config(materialized='table') }}

{{ changed_facts(
    facts=ref('int_visitor_days'),
    raw=source('tourism', 'tourist_flow'),
    raw_key='location',
    key='location',
    windowed=false,
) }}
