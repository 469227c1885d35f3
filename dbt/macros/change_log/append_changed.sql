{#-
    The one incremental strategy of all change logs and of the facts below them.

    A model on it computes, for every key that a build touches, the rows from the instant `since`
    from which they may differ, and one anchor row: the key, `since` as created_timestamp, a null
    event_timestamp. For these keys the rows from `since` on are replaced; no other row is read.
    In the usual case, news, `since` lies after every stored row: then rows are only appended.

    `unique_key` holds the columns of the key, without created_timestamp.
-#}
{% macro get_incremental_append_changed_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set computed = arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set keys = arg_dict['unique_key'] -%}
    {% if not in_increment() -%}
        delete from {{ target }};
    {%- endif %}

    delete from {{ target }} as stored
    using (select * from {{ computed }} where event_timestamp is null) as anchor
    where
        {% for key in keys -%}
            stored.{{ key }} = anchor.{{ key }} and
        {% endfor -%}
        stored.created_timestamp >= anchor.created_timestamp;

    {% if target.schema == 'marts' -%}
        {#- as_of falls when the newest batch is withdrawn. -#}
        delete from {{ target }} where created_timestamp > {{ as_of() }};
    {%- endif %}

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ computed }} where event_timestamp is not null
{%- endmacro %}
