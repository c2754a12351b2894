-- The code of an organization, or of the whole platform, or a learner's referral code there; null if there is none.
create function private.find_code(p_code text, p_org_id uuid)
    returns private.code_offer
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select row(found.kind, found.id, null)::private.code_offer
    from (
        select 'discount'::public.redemption_kind as kind, code.id, code.org_id is null as is_general
        from public.discount_codes code
        where lower(code.code) = lower(trim(p_code))
            and coalesce(code.org_id, p_org_id) = p_org_id
        union all
        select 'referral', code.id, true
        from public.referral_codes code
        where lower(code.code) = lower(trim(p_code))
            and code.org_id = p_org_id
    ) found
    order by found.is_general, found.kind
    limit 1;
$$;
