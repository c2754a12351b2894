-- Where a Stripe account stands, for the person who is to be paid. Payable means: transfers may arrive, and leave to a bank.
create function private.connect_status_of(p_account jsonb)
    returns public.connect_status
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case
        when not (p_account -> 'details_submitted')::boolean then 'incomplete'
        when p_account #>> '{requirements,disabled_reason}' ~ '^(rejected|platform_paused|listed)' then 'paused'
        when p_account #>> '{capabilities,transfers}' = 'active' and (p_account -> 'payouts_enabled')::boolean then 'ready'
        when jsonb_array_length(coalesce(p_account #> '{requirements,currently_due}', '[]')) > 0 then 'incomplete'
        else 'under_review'
    end::public.connect_status;
$$;
