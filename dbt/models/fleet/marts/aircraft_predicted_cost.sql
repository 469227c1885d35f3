{%- set keys = ['aircraft_id'] %}
{{ config(unique_key=keys) }}

with predictions as not materialized (
    select
        *,
        {{ starts_at() }} as starts_at
    from {{ ref('int_cost_predictions') }}
    where ended_timestamp is null or ended_timestamp > {{ starts_at() }}
),

moments as (
    select
        aircraft_id,
        unnest([starts_at, ended_timestamp]) as instant
    from predictions
),

{{ vessel_instants('moments', keys, ref('int_cost_prediction_changes'), daily=false) }}

-- The newest origin counts, whenever it was told of.
states as (
    select
        instants.aircraft_id,
        instants.created_timestamp,
        max(predictions.event_timestamp) as predicted_at,
        arg_max(predictions.predicted_cost, predictions.event_timestamp) as predicted_cost,
        arg_max(predictions.estimator, predictions.event_timestamp) as predicted_by
    from instants
    left join predictions
        on
            instants.aircraft_id = predictions.aircraft_id
            and instants.created_timestamp >= predictions.starts_at
            and instants.created_timestamp < {{ stands_until('predictions.ended_timestamp') }}
    group by instants.aircraft_id, instants.created_timestamp
)

select
    states.aircraft_id,
    states.created_timestamp as event_timestamp,
    states.created_timestamp,
    {{ exact('states.predicted_cost') }} as predicted_maintenance_cost,
    states.predicted_at,
    states.predicted_by
from states
{{ from_since('states', keys) }}
{{ anchors(keys) }}
