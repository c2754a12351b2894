-- What an account of Stripe says, in the words of its API v1, whichever version it comes from.
-- An account of v2 has no fields for whether its details are submitted and money can leave: they follow from the recipient
-- configuration's capabilities and from what Stripe still asks of the payee. Where Stripe lists no capability of payouts, that of
-- transfers counts. What was left out of an answer says nothing, so it never makes an account ready.
create function private.account_as_v1(p_account jsonb)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    balance constant jsonb := p_account #> '{configuration,recipient,capabilities,stripe_balance}';
    transfers constant text := balance #>> '{stripe_transfers,status}';
    asked constant jsonb := private.asked_of_payee(p_account);
begin
    if p_account ->> 'object' is distinct from 'v2.core.account' then
        return p_account;
    end if;
    return jsonb_build_object(
        'created', floor(extract(epoch from (p_account ->> 'created')::timestamptz))::bigint,
        'type', p_account ->> 'dashboard',
        'charges_enabled', false,
        'payouts_enabled', coalesce(balance #>> '{payouts,status}', transfers, 'none') = 'active',
        'details_submitted', transfers is not null
            and not jsonb_path_exists(asked, '$[*].requested_reasons[*] ? (@.code == "routine_onboarding")'),
        'capabilities', jsonb_build_object('transfers', transfers),
        'requirements', jsonb_build_object(
            'disabled_reason', private.restriction_of(balance),
            'currently_due', jsonb_path_query_array(asked, '$[*].description'),
            'entries', p_account #> '{requirements,entries}'
        ),
        'country', upper(p_account #>> '{identity,country}'),
        'default_currency', p_account #>> '{defaults,currency}',
        'business_type', p_account #>> '{identity,entity_type}',
        'business_profile', p_account #> '{defaults,profile}'
    );
end;
$$;

-- What Stripe asks of the payee now, of the requirements of an account of v2.
create function private.asked_of_payee(p_account jsonb)
    returns jsonb
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select jsonb_path_query_array(
        p_account,
        '$.requirements.entries[*] ? (
            @.awaiting_action_from == "user"
            && (@.minimum_deadline.status == "currently_due" || @.minimum_deadline.status == "past_due")
        )'
    );
$$;

-- Why an account of v2 cannot be paid, as Stripe's code: of transfers, or else of payouts; null if it can.
create function private.restriction_of(p_balance jsonb)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        p_balance #>> '{stripe_transfers,status_details,0,code}',
        nullif(p_balance #>> '{stripe_transfers,status}', 'active'),
        p_balance #>> '{payouts,status_details,0,code}',
        nullif(p_balance #>> '{payouts,status}', 'active')
    );
$$;
