{#- Columns that together name one row; gives the combinations that more than one row has. Hashes
    are counted first: a table without a repeat is never grouped by its wide columns. -#}
{% test unique_combination(model, columns) %}

select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
where
    hash({{ columns | join(', ') }}) in (
        select hash({{ columns | join(', ') }})
        from {{ model }}
        group by 1
        having count(*) > 1
    )
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
