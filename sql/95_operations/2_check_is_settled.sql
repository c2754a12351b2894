-- Refuses to erase learners and instructors with lessons ahead, prepaid hours, or money on the way to them or to a payer.
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
        from public.learner_credits credit
        where credit.minutes_left > 0
            and credit.status in ('pending', 'active', 'frozen')
            and (credit.learner_id = any (p_learner_ids) or credit.instructor_id = any (p_instructor_ids))
    ) then
        perform private.refuse(
            'PT409', 'hours_left',
            'There are prepaid hours that are not used.',
            'Use them, or refund them with refund_credits.'
        );
    end if;
    if private.has_money_on_the_way(p_learner_ids, p_instructor_ids, p_payer_id) then
        perform private.refuse(
            'PT409', 'money_on_the_way',
            'There is money on its way to this person.',
            'Wait for the next payout, the refund or the end of the dispute.'
        );
    end if;
end;
$$;
