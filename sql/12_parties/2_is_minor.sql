-- Under 18 today, by the UTC date? Somebody whose date of birth nobody has given counts as grown up.
create function private.is_minor(p_date_of_birth date)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select coalesce(p_date_of_birth + interval '18 years' > private.clock() at time zone 'UTC', false);
$$;
