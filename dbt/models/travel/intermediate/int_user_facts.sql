{{ config(unique_key=['user_code']) }}

{%- set raw = source('travel', 'users') %}

with {% if is_incremental() -%}
touched as (
    select code as user_code from ({{ touched_keys(raw, 'code') }})
),

{% endif -%}
users as (
    select * from {{ ref('stg_users') }}
    {% if is_incremental() -%}
        where user_code in (select user_code from touched)
    {%- endif %}
),

versions as (
    select
        *,
        lead(known_at) over (
            partition by user_code order by known_at, batch_id, row_number
        ) as ended_timestamp
    from users
),

facts as (
    select
        user_code,
        company,
        age,
        gender,
        -- A statement about a person is true from when it is known.
        known_at as event_timestamp,
        known_at as created_timestamp,
        ended_timestamp
    from versions
    where not withdrawn
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
{% if is_incremental() -%}
    union all by name
    select user_code, timestamp '-infinity' as created_timestamp from touched
{%- endif %}
