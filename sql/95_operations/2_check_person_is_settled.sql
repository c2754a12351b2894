-- Refuses to erase somebody with lessons ahead or money on the way.
create function private.check_person_is_settled(p_user_id uuid)
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
        join public.learners learner on learner.id = booking.learner_id
        join public.instructors instructor on instructor.id = booking.instructor_id
        where booking.status in ('held', 'requested', 'confirmed', 'in_progress')
            and p_user_id in (learner.user_id, instructor.user_id)
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
        join public.instructors instructor on instructor.id = earning.instructor_id
        where instructor.user_id = p_user_id
            and earning.status <> 'paid'
    ) or exists (
        select
        from public.refunds refund
        join public.payments payment on payment.id = refund.payment_id
        where payment.payer_id = p_user_id
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
