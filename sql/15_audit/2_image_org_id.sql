-- The organization that a row's image belongs to; null for rows of no organization.
create function private.image_org_id(p_table_name text, p_image extensions.hstore)
    returns uuid
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case
        when p_table_name = 'organizations' then p_image operator(extensions.->) 'id'
        else p_image operator(extensions.->) 'org_id'
    end::uuid;
$$;
