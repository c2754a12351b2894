-- Classifies a failed call to Stripe by all its tries, a list of {"status", "type", "code", "was_sent"}, oldest first.
-- refused: Stripe will not do it; unknown: Stripe may have done it, and only a look-up can tell; not_sent: Stripe has not done
-- it. A try that certainly did nothing does not remove the doubt that an earlier one left. is_systemic: every other call would
-- fail in the same way. Called by the jobs when they have stopped trying.
-- Definer: the jobs may execute no other function of this file.
create function private.classify_stripe_failure(p_tries jsonb)
    returns table (outcome text, is_systemic boolean)
    language plpgsql
    immutable
    security definer
    set search_path = '', pg_temp
as $$
begin
    return query
    with tries as (
        select
            tried.number,
            private.outcome_of_stripe_try(tried.status, tried.type, tried.code, tried.was_sent) as outcome,
            coalesce(tried.status in (401, 403), false) as is_unauthorized
        from rows from (jsonb_to_recordset(p_tries) as (status integer, type text, code text, was_sent boolean))
            with ordinality as tried (status, type, code, was_sent, number)
    )

    select
        case
            when last_try.outcome = 'not_sent' and exists (select from tries where tries.outcome = 'unknown') then 'unknown'
            else last_try.outcome
        end,
        last_try.is_unauthorized and last_try.outcome = 'not_sent'
    from tries last_try
    order by last_try.number desc
    limit 1;
end;
$$;

-- What one failed try says, by Stripe's documentation: a 4xx is an answer for good, and a 5xx, a lost answer and a conflict
-- (409: a call under the same key is under way) are none. Rate limits and authentication come before anything is done, but
-- account_invalid with 403 is about the one account that the call names, which has cut the platform off. An idempotency_error
-- is no answer about this call: the key was used with other parameters, so an earlier call did something unknown.
create function private.outcome_of_stripe_try(p_status integer, p_type text, p_code text, p_was_sent boolean)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when not p_was_sent then 'not_sent'
        when p_status = 429 or (p_status = 400 and p_code = 'rate_limit') then 'not_sent'
        when p_status = 403 and p_code = 'account_invalid' then 'refused'
        when p_status in (401, 403) then 'not_sent'
        when p_type = 'idempotency_error' then 'unknown'
        when p_status in (400, 402, 404) then 'refused'
        else 'unknown'
    end;
$$;

-- Does this refusal of a transfer say that the destination cannot be paid until somebody changes it? Other refusals may be
-- followed by another try.
create function private.is_refusal_of_destination(p_code text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select p_code in (
        'insufficient_capabilities_for_transfer',
        'transfers_not_allowed',
        'account_invalid',
        'account_closed',
        'no_account',
        'resource_missing',
        'account_country_invalid_address'
    );
$$;
