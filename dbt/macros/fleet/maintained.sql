{#- Whether a maintenance is over at an instant of `instants`. -#}
{% macro is_over(maintenance) -%}
    coalesce({{ maintenance }}.finished_at <= instants.created_timestamp, false)
{%- endmacro %}

{#-
    The instant from which a maintenance that begins does a plan: when it was planned, but not more
    than 30 days before it is due, and not while the plan before it is nearer. So what begins some
    days early or late does its own plan, and the plans after it stay open.

    plans  relation of due_at and event_timestamp, when it was planned
    of     columns whose plans are one calendar
-#}
{% macro done_from(plans, of) -%}
    greatest(
        {{ plans }}.event_timestamp,
        {{ plans }}.due_at - interval 30 day,
        -- Null of the first plan, and left out then.
        make_timestamp((epoch_us({{ plans }}.due_at) + lag(epoch_us({{ plans }}.due_at)) over (
            partition by {{ of | join(', ') }} order by {{ plans }}.due_at
        )) // 2)
    )
{%- endmacro %}

{#-
    Seconds of a downtime within the whole days before an instant, but for those of earlier ones:
    columns started_at, ended_at, and down_until, when the earlier ones end.
-#}
{% macro seconds_of_window(instant, number) -%}
    greatest(
        0,
        epoch_us(least(ended_at, {{ midnight(instant) }}))
        - epoch_us(greatest(started_at, down_until, {{ window_start(instant, number) }}))
    ) // 1000000
{%- endmacro %}
