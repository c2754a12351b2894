-- Notes that Stripe refused a refund for good, so that the money is still the learner's to get.
-- Definer: the jobs have no access to the tables.
create function private.record_refund_failure(p_refund_id uuid, p_code text, p_message text)
    returns void
    language sql
    volatile
    security definer
    set search_path = ''
as $$
    update public.refunds
    set status = 'failed',
        failure_code = left(p_code, 100),
        failure_message = left(p_message, 500)
    where id = p_refund_id
        and status in ('pending', 'requires_action');
$$;
