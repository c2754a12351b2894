-- Refuses to erase learners and instructors with lessons ahead, or money on the way to them or to a payer.
create function private.check_is_settled(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.status in ('held', 'requested', 'confirmed', 'in_progress')
            and (booking.learner_id = any (p_learner_ids) or booking.instructor_id = any (p_instructor_ids))
    ) then
        perform private.refuse(
            'PT409', 'lessons_ahead',
            'There are lessons that have not taken place.',
            'Have or end them first.'
        );
    end if;
    if exists (
        select
        from public.earnings earning
        where earning.instructor_id = any (p_instructor_ids)
            and earning.status <> 'paid'
    ) or exists (
        select
        from public.refunds refund
        join public.payments payment on payment.id = refund.payment_id
        where (payment.payer_id = p_payer_id or payment.learner_id = any (p_learner_ids))
            and refund.status in ('requested', 'pending', 'requires_action')
    ) then
        perform private.refuse(
            'PT409', 'money_on_the_way',
            'There is money on its way to this person.',
            'Wait for the next payout or the refund.'
        );
    end if;
end;
$$;
