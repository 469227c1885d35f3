{{ config(unique_key=['user_code']) }}

with {{ touched(source('travel', 'users'), 'code', 'user_code') }}

users as (
    select * from {{ ref('stg_users') }}
    {{ only_touched('user_code') }}
),

versions as (
    select
        *,
        lead(known_at) over (
            partition by user_code
            order by known_at, batch_id, row_number
        ) as ended_timestamp
    from users
),

facts as (
    select
        user_code,
        -- Blanks as Python's `first_name` knows them.
        nullif(regexp_extract(traveller_name, '[^ \t\n\r\f\v]+'), '') as first_name,
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
{{ replace_touched('user_code') }}
