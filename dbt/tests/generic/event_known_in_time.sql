{#- Nothing is known before it has happened; gives the rows that say so. -#}
{% test event_known_in_time(model) %}

select * from {{ model }}
where event_timestamp > created_timestamp

{% endtest %}
