{#- Columns that every row fills; gives the rows that do not. One test for many columns: each test
    is a query of its own. -#}
{% test never_null(model, columns) %}

select * from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}

{% endtest %}
