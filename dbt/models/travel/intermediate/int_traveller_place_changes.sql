{{ config(materialized='view') }}

select
    user_code,
    destination as place,
    since
from {{ ref('int_flight_changes') }}
union all
select
    user_code,
    origin as place,
    since
from {{ ref('int_flight_changes') }}
