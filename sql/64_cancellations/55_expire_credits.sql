-- Ends the minutes of an organization's lots that have passed their date, and returns how many lots. They are refunded, fee included;
-- where the organization's terms forfeited them when they were bought, the instructor earns their share, as far as it was paid, without a
-- lesson, but for one with whom nobody could have used them. Called by maintain_organization (95).
create function private.expire_credits(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    overdue record;
    payment public.payments;
    expired_count integer := 0;
begin
    for overdue in
        select lot as credit, part.payment_id, forfeited.so as is_forfeited
        from public.learner_credits lot
        join public.instructors instructor on instructor.org_id = lot.org_id and instructor.id = lot.instructor_id
        cross join lateral (select lot.expires_forfeited and private.is_bookable_instructor(instructor) as so) forfeited
        join public.order_items item on item.org_id = lot.org_id and item.credit_id = lot.id
        join public.orders ordered on ordered.org_id = item.org_id and ordered.id = item.order_id
        join public.payment_items part on part.org_id = item.org_id and part.item_id = item.id
        join public.payments paid on paid.org_id = part.org_id and paid.id = part.payment_id and paid.is_accepted
        where lot.org_id = p_org_id
            and lot.status = 'active'
            and lot.expires_at <= private.clock()
            and lot.minutes_left > 0
            and (forfeited.so or private.refundable_cents(paid) > 0)
        order by lot.id
        limit 1000
        for no key update of lot, ordered skip locked
    loop
        if overdue.is_forfeited then
            perform private.forfeit_credit(overdue.credit);
        else
            select * into strict payment from public.payments where id = overdue.payment_id for no key update;
            perform private.refund_lot(payment, overdue.credit, null, 'The hours have expired.', null, true);
        end if;
        expired_count := expired_count + 1;
    end loop;
    return expired_count;
end;
$$;

-- Lets the instructor earn what is left of an expired lot.
create function private.forfeit_credit(p_credit public.learner_credits)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    part constant private.credit_part := private.next_credit_part(p_credit, p_credit.minutes_left);
    earned_cents constant bigint := least(part.share_cents, private.credit_part_cents(part));
    entry public.credit_entries;
begin
    entry := private.add_credit_entry(part, 'expire');
    perform private.post_transaction(
        p_credit.org_id, 'credit_forfeited', 'credit_entry', entry.id, format('credit_entry:%s:forfeited', entry.id),
        p_credit.currency, private.clock(),
        private.credit_postings(part, 1)
        || row('instructor_pending', p_credit.instructor_id, -earned_cents)::private.posting
        || private.earned_part_postings(part, earned_cents)
    );
end;
$$;
