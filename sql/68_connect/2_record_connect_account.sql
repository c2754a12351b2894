-- Takes Stripe's answer to the making of an account, or with p_is_fetched to a look at it, which is news as of now.
-- Definer: the service has no access to the tables.
create function private.record_connect_account(p_connect_account_id uuid, p_account jsonb, p_is_fetched boolean)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    outcome private.stripe_outcome;
begin
    if private.uuid_or_null(p_account -> 'metadata' ->> 'connect_account_id') is distinct from p_connect_account_id then
        perform private.refuse(
            'PT422', 'wrong_account',
            'That Stripe account belongs to another payee.',
            'Record the account that was made with this row''s metadata.'
        );
    end if;
    outcome := private.apply_account(
        p_account,
        case
            when p_is_fetched then date_trunc('second', private.clock())
            else to_timestamp((p_account ->> 'created')::bigint)
        end
    );
    if outcome.status = 'parked' then
        perform private.refuse(
            'PT409', 'another_account_is_known',
            'This payee has another Stripe account already.',
            'Ask again: the answer is about the account that is known.'
        );
    end if;
end;
$$;
