-- Takes Stripe's answer to a refund that the outbox sent. Definer: the jobs have no access to the tables.
create function private.record_refund(p_refund_id uuid, p_refund jsonb)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if private.uuid_or_null(p_refund -> 'metadata' ->> 'refund_id') is distinct from p_refund_id then
        perform private.refuse(
            'PT422', 'wrong_refund',
            'That refund belongs to another row.',
            'Record the refund that was made with this row''s metadata.'
        );
    end if;
    perform private.apply_refund(p_refund, private.clock());
end;
$$;
