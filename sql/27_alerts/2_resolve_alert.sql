-- Takes an alert off the list. Definer: nobody writes alerts directly.
create function private.resolve_alert(p_alert_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    perform private.require_person();

    update public.alerts
    set resolved_at = private.clock()
    where id = p_alert_id
        and resolved_at is null
        and (org_id = any (private.my_admin_org_ids()) or instructor_id = any (private.my_instructor_ids()));

    if not found then
        perform private.refuse(
            'PT404', 'alert_not_found',
            'There is no such open alert of yours.',
            'Reload the list of alerts.'
        );
    end if;
end;
$$;
