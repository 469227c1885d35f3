{#- Columns that together name one row; gives the combinations that more than one row has. -#}
{% test unique_combination(model, columns) %}

select {{ columns | join(', ') }}, count(*) as rows_found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
