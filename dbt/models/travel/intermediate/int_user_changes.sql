{{ config(materialized='table') }}

{{ changed_facts(ref('int_user_facts'), source('travel', 'users'), 'code', 'user_code', windowed=false) }}
