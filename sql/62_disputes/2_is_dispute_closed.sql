create function private.is_dispute_closed(p_status public.dispute_status)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select p_status in ('warning_closed', 'prevented', 'lost', 'won');
$$;
