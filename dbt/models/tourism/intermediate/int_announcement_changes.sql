{{ config(materialized='table') }}

{{ changed_facts(facts=ref('int_announcements'), windowed=false) }}
