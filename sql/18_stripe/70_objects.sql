-- Whether an object of Stripe bears metadata that we give, whether or not they lead to a row. What bears neither them nor a known id
-- belongs to other business on the same Stripe account.
create function private.bears_our_metadata(p_object jsonb)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select coalesce(
        jsonb_typeof(p_object -> 'metadata') = 'object'
        and p_object -> 'metadata' ?| array['payment_id', 'refund_id', 'payout_id', 'connect_account_id'],
        false
    );
$$;

-- Returns the id from a field that Stripe fills with an id or, expanded, with the whole object.
create function private.expandable_id(p_value jsonb)
    returns text
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case jsonb_typeof(p_value)
        when 'string' then p_value #>> '{}'
        when 'object' then p_value ->> 'id'
    end;
end;
$$;
