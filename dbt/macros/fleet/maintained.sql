{#- Whether a maintenance is over at an instant of `instants`. -#}
{% macro is_over(maintenance) -%}
    coalesce({{ maintenance }}.finished_at <= instants.created_timestamp, false)
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
