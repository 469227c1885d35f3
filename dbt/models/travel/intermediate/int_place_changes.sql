{{ config(materialized='view') }}

select
    destination as place,
    since
from {{ ref('int_flight_changes') }}
union all
select
    origin as place,
    since
from {{ ref('int_flight_changes') }}
