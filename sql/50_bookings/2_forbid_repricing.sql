-- A booking keeps who, what and for how much from the moment it is made. Only when its learner gets a login, or loses it,
-- the same learner becomes another person to the calendar.
-- Definer: the writer may have no access to private.
create function private.forbid_repricing()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
begin
    if row(
        new.id, new.org_id, new.learner_id, new.instructor_id, new.service_id, new.slot_id, new.is_group,
        new.start_at, new.end_at, new.currency, new.price_cents, new.discount_cents, new.platform_fee_cents,
        new.instructor_share_cents, new.total_cents, new.fee_mode, new.fee_bps, new.credit_applied_cents,
        new.moved_from_id, new.moved_cents, new.cancellation_policy_id, new.is_fee_refundable, new.payout_hold
    ) is distinct from row(
        old.id, old.org_id, old.learner_id, old.instructor_id, old.service_id, old.slot_id, old.is_group,
        old.start_at, old.end_at, old.currency, old.price_cents, old.discount_cents, old.platform_fee_cents,
        old.instructor_share_cents, old.total_cents, old.fee_mode, old.fee_bps, old.credit_applied_cents,
        old.moved_from_id, old.moved_cents, old.cancellation_policy_id, old.is_fee_refundable, old.payout_hold
    )
        or (
            new.learner_person_id <> old.learner_person_id
            and new.learner_person_id is distinct from (
                select coalesce(learner.user_id, learner.id)
                from public.learners learner
                where learner.id = new.learner_id
            )
        )
    then
        perform private.refuse(
            'PT409', 'booking_is_frozen',
            'A booking keeps its parties, its time and its price.',
            'Cancel it and make another one.'
        );
    end if;
    return new;
end;
$$;
