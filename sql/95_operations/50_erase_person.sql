-- Anonymises a person and keeps the books: names, addresses, notes and contacts go, amounts and times stay. The login can be
-- deleted afterwards, and not before. By the person, or an admin of the platform for them.
-- Definer: reaches into every room.
create function private.erase_person(p_user_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    learner_ids uuid[];
    instructor_ids uuid[];
begin
    if p_user_id is distinct from private.require_person() then
        perform private.require_platform_admin(p_reason);
    end if;
    perform private.assert_person_can_be_erased(p_user_id);

    learner_ids := array(select learner.id from public.learners learner where learner.user_id = p_user_id for update);
    instructor_ids := array(select instructor.id from public.instructors instructor where instructor.user_id = p_user_id for update);
    perform private.assert_nothing_is_outstanding(learner_ids, instructor_ids, p_user_id);

    delete from public.organization_members where user_id = p_user_id;
    perform private.anonymise_instructor(instructor_id) from unnest(instructor_ids) instructor_id;
    perform private.anonymise_learner(learner_id) from unnest(learner_ids) learner_id;
    perform private.anonymise_guardian(guardian.id) from public.guardians guardian where guardian.user_id = p_user_id;
    perform private.withdraw_offers(p_user_id);

    update public.profiles
    set email = null,
        full_name = null,
        display_name = 'Erased person',
        first_name = null,
        last_name = null,
        phone = null,
        avatar_url = null,
        external_id = null
    where id = p_user_id;
end;
$$;

-- Refuses to erase nobody, or somebody who runs the platform.
create function private.assert_person_can_be_erased(p_user_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    if not exists (select from public.profiles profile where profile.id = p_user_id) then
        perform private.refuse(
            'PT404', 'person_not_found',
            'There is no such person.',
            'Check the id.'
        );
    end if;
    if exists (select from private.platform_admins admin where admin.user_id = p_user_id) then
        perform private.refuse(
            'PT409', 'is_platform_admin',
            'This person runs the platform.',
            'Take them off private.platform_admins in Studio first.'
        );
    end if;
end;
$$;

-- Refuses to erase learners and instructors with lessons ahead, prepaid hours, or money on the way to them or to a payer.
create function private.assert_nothing_is_outstanding(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
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

-- Are there earnings to pay out, refunds that are not done, discounts of payments that may still come, or open disputes?
create function private.has_money_on_the_way(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select exists (
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
    ) or exists (
        select
        from public.code_redemptions redemption
        where redemption.learner_id = any (p_learner_ids)
            and redemption.status = 'reserved'
    ) or exists (
        select
        from public.disputes dispute
        join public.payments payment on payment.id = dispute.payment_id
        where dispute.closed_at is null
            and (
                payment.payer_id = p_payer_id
                or payment.learner_id = any (p_learner_ids)
                or payment.instructor_id = any (p_instructor_ids)
            )
    );
$$;

-- Takes back what was offered to a person or their proven address, and the address with it.
create function private.withdraw_offers(p_user_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = ''
as $$
    update public.learner_guardians
    set revoked_at = coalesce(revoked_at, private.clock()),
        guardian_email = 'erased@invalid',
        relation = null
    where guardian_id is null
        and lower(guardian_email) = private.verified_email(p_user_id);
    update public.invitations
    set email = 'erased@invalid',
        revoked_at = case when accepted_at is null then coalesce(revoked_at, private.clock()) end
    where accepted_by = p_user_id
        or lower(email) = private.verified_email(p_user_id);
$$;
