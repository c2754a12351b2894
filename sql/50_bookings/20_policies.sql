-- Adds the next version of an organization's refund rules, for bookings made from now on. For the organization's admins.
-- Definer: nobody may write policies directly.
create function private.set_cancellation_policy(p_org_id uuid, p_tiers jsonb)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    new_policy_id uuid;
    broken_rule text;
    missing_column text;
begin
    perform private.require_org_admin(p_org_id);
    perform from public.organizations where id = p_org_id for no key update;
    if not coalesce(jsonb_typeof(p_tiers) = 'array' and jsonb_array_length(p_tiers) <= 10, false) then
        perform private.refuse_tiers();
    end if;

    insert into public.cancellation_policies (org_id, version)
    select p_org_id, coalesce(max(policy.version), 0) + 1
    from public.cancellation_policies policy
    where policy.org_id = p_org_id
    returning id into new_policy_id;

    insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
    select new_policy_id, p_org_id, tier.notice_minutes, tier.refund_bps
    from jsonb_to_recordset(p_tiers) tier (notice_minutes integer, refund_bps integer);

    if exists (
        select
        from public.cancellation_tiers tier
        join public.cancellation_tiers longer
            on longer.org_id = tier.org_id
            and longer.policy_id = tier.policy_id
            and longer.notice_minutes > tier.notice_minutes
            and longer.refund_bps < tier.refund_bps
        where tier.policy_id = new_policy_id
    ) then
        perform private.refuse_tiers();
    end if;
    return new_policy_id;
exception
    when unique_violation or data_exception then
        perform private.refuse_tiers();
        return null;
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Refuses tiers that make no policy.
create function private.refuse_tiers()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT422', 'bad_tiers',
        'This is not a valid cancellation policy.',
        'Send up to ten tiers like {"notice_minutes": 1440, "refund_bps": 10000}; longer notice must not be refunded less.'
    );
end;
$$;

-- The latest version of an organization's policy.
create function private.current_policy_id(p_org_id uuid)
    returns uuid
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select latest.id
        from public.cancellation_policies latest
        where latest.org_id = p_org_id
        order by latest.version desc
        limit 1
    );
end;
$$;

-- The tiers of an organization's present policy, longest notice first.
-- Definer: visitors may see the rules that they would agree to.
create function private.cancellation_policy(p_org_id uuid)
    returns setof public.cancellation_tiers
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select tier.*
    from public.cancellation_tiers tier
    where tier.policy_id = private.current_policy_id(p_org_id)
    order by tier.notice_minutes desc;
$$;

-- What the policy of a booking refunds for cancelling it now, in basis points: the tier with the longest notice that is still
-- kept; nothing once the lesson has started.
create function private.policy_refund_bps(p_booking public.bookings)
    returns integer
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        (
            select tier.refund_bps
            from public.cancellation_tiers tier
            where tier.org_id = p_booking.org_id
                and tier.policy_id = p_booking.cancellation_policy_id
                and private.clock() <= p_booking.start_at - make_interval(mins => tier.notice_minutes)
                and private.clock() < p_booking.start_at
            order by tier.notice_minutes desc
            limit 1
        ),
        0
    );
$$;

-- Gives a new organization the default policy: a full refund until 24 hours before the lesson, half until it starts.
-- 82_effects calls it.
create function private.add_cancellation_policy(p_organization public.organizations)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    new_policy_id uuid;
begin
    insert into public.cancellation_policies (org_id, version) values (p_organization.id, 1) returning id into new_policy_id;
    insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
    values (new_policy_id, p_organization.id, 1440, 10000), (new_policy_id, p_organization.id, 0, 5000);
end;
$$;

-- The marketplace was added before the trigger that gives each organization its first policy.
insert into public.cancellation_policies (id, org_id, version)
values ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1);

insert into public.cancellation_tiers (policy_id, org_id, notice_minutes, refund_bps)
values
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 1440, 10000),
    ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 0, 5000);
