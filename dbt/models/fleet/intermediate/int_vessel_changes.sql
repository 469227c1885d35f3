{{ config(materialized='table') }}

{% set facts = [
    'int_vessels', 'int_flights', 'int_maintenances', 'int_downtimes', 'int_maintenance_plans',
    'int_log_entries',
] -%}

with {% for name in facts -%}
{{ name }}_changes as (
    {{ changed_facts(facts=ref(name), windowed=false) }}
){{ ',' if not loop.last }}

{% endfor -%}

{% for name in facts -%}
select
    aircraft_id,
    '{{ name }}' as facts,
    min(since) as since
from {{ name }}_changes
group by aircraft_id
{{ 'union all' if not loop.last }}
{% endfor %}
