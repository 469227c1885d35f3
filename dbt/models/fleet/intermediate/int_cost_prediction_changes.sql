{{ config(materialized='table') }}

{{ changed_facts(facts=ref('int_cost_predictions'), windowed=false) }}
