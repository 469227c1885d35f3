{#- Kinds of holidays, in the order of their numbers. -#}
{% macro holiday_types() -%}
    {{ return(['public', 'regional', 'religious', 'government', 'bank', 'optional', 'school']) }}
{%- endmacro %}

{#- Kinds of events, in the order of their numbers. -#}
{% macro event_types() -%}
    {{ return(
        ['festival', 'religious', 'sports', 'concert', 'fair', 'conference', 'strike', 'other']
    ) }}
{%- endmacro %}
