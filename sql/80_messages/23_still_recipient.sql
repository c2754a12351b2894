-- Whether the recipient of a message may still know what it says. Between queueing and sending somebody may have left the organization,
-- stopped being its admin or a guardian, or lost their login; who has paid is told of that payment in any case.
create function private.may_still_know(p_message public.messages)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when private.is_for_address(p_message) then true
        when p_message.recipient_id is null then private.has_no_login(p_message.learner_id)
        when p_message.learner_id is null then coalesce(p_message.recipient_id = any (private.other_side_of_message(p_message)), false)
        else p_message.recipient_id = any (private.learner_side(p_message.learner_id))
            or coalesce(p_message.recipient_id = private.payer_of_message(p_message), false)
    end;
end;
$$;

-- Whether a message is for whoever has the address that it was queued for, not for a person.
create function private.is_for_address(p_message public.messages)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return p_message.related_type in ('invitations', 'learner_guardians', 'phone_codes');

-- Who has paid what a message is about, or whose card is to pay it; null: it is about no payment.
create function private.payer_of_message(p_message public.messages)
    returns uuid
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select payment.payer_id
    from public.payments payment
    where p_message.related_type = 'payments'
        and payment.id = p_message.related_id
    union all
    select private.payer_of_collection(booking)
    from public.bookings booking
    where p_message.related_type = 'bookings'
        and booking.org_id = p_message.org_id
        and booking.id = p_message.related_id
    union all
    select payment.payer_id
    from public.refunds refund
    join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
    where p_message.related_type = 'refunds'
        and refund.id = p_message.related_id;
$$;

-- Whom a message is for that goes to no learner's side: instructors, payees and admins, as of now.
create function private.other_side_of_message(p_message public.messages)
    returns uuid[]
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.instructor_side(booking.org_id, booking.instructor_id)
    from public.bookings booking
    where p_message.related_type = 'bookings'
        and booking.org_id = p_message.org_id
        and booking.id = p_message.related_id
    union all
    select private.alerted_side(alert, p_message.kind) || private.admins_of(alert.org_id)
    from public.alerts alert
    where p_message.related_type = 'alerts'
        and alert.id = p_message.related_id
    union all
    select private.instructor_side(report.org_id, report.instructor_id) || private.admins_of(report.org_id)
    from public.problem_reports report
    where p_message.related_type = 'problem_reports'
        and report.id = p_message.related_id
    union all
    select array[subscription.user_id]
    from public.subscriptions subscription
    where p_message.related_type = 'subscriptions'
        and subscription.id = p_message.related_id
    union all
    select private.payee_side(payout.org_id, payout.instructor_id)
    from public.payouts payout
    where p_message.related_type = 'payouts'
        and payout.id = p_message.related_id
    union all
    select private.payee_side(account.org_id, account.instructor_id)
    from public.stripe_connect_accounts account
    where p_message.related_type = 'stripe_connect_accounts'
        and account.id = p_message.related_id
    union all
    select array(
        select person.id
        from public.payout_run_results result
        cross join unnest(private.payee_side(result.org_id, result.instructor_id)) person (id)
        where result.org_id = p_message.org_id
            and result.run_id = p_message.related_id
    )
    where p_message.related_type = 'payout_runs';
$$;
