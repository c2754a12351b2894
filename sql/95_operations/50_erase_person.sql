-- Anonymises a person in every organization: names, addresses, contacts and notes go, amounts and times stay for the books. Called by
-- the person, or by a platform admin with a reason. Only afterwards can the login be deleted from auth.users.
-- Definer: changes tables of every room.
create function private.erase_person(p_user_id uuid, p_reason text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
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

    perform private.erase_messages_to(p_user_id); -- while their texts still say to which number they went
    delete from public.organization_members where user_id = p_user_id;
    perform private.anonymise_instructor(instructor_id) from unnest(instructor_ids) instructor_id;
    perform private.anonymise_learner(learner_id) from unnest(learner_ids) learner_id;
    perform private.anonymise_guardian(guardian.id) from public.guardians guardian where guardian.user_id = p_user_id;
    perform private.withdraw_offers(p_user_id);
    perform private.forget_addresses(p_user_id);
    update public.review_reports set statement = null where reported_by = p_user_id;

    perform private.forget_customer(p_user_id);

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

-- Refuses if there is no such person, or if the person is a platform admin.
create function private.assert_person_can_be_erased(p_user_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_person_exists(p_user_id);
    if exists (select from private.platform_admins admin where admin.user_id = p_user_id) then
        perform private.refuse(
            'PT409', 'is_platform_admin',
            'This person is a platform admin.',
            'Delete their row from private.platform_admins in Studio first.'
        );
    end if;
end;
$$;

-- Refuses if there is no such person.
create function private.assert_person_exists(p_user_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not exists (select from public.profiles profile where profile.id = p_user_id) then
        perform private.refuse(
            'PT404', 'person_not_found',
            'There is no person with that id.',
            'Check the id.'
        );
    end if;
end;
$$;

-- Refuses if these learners and instructors have lessons ahead or prepaid hours, or if money is on its way to them or to this payer.
create function private.assert_nothing_is_outstanding(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if exists (
        select
        from public.bookings booking
        where booking.status in ('proposed', 'held', 'requested', 'confirmed', 'in_progress')
            and (booking.learner_id = any (p_learner_ids) or booking.instructor_id = any (p_instructor_ids))
    ) then
        perform private.refuse(
            'PT409', 'lessons_ahead',
            'This person has lessons that have not taken place.',
            'Complete or cancel them first.'
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
            'This person has unused prepaid hours.',
            'Use them, or refund them with refund_credits.'
        );
    end if;
    if private.has_money_on_the_way(p_learner_ids, p_instructor_ids, p_payer_id) then
        perform private.refuse(
            'PT409', 'money_on_the_way',
            'Money of this person is still on its way.',
            'Wait for the next payout, for the refund, or for the end of the dispute.'
        );
    end if;
end;
$$;

-- Is there an earning to pay out, a refund that is not finished, a discount reserved for a payment that may still come, or an open
-- dispute?
create function private.has_money_on_the_way(p_learner_ids uuid[], p_instructor_ids uuid[], p_payer_id uuid)
    returns boolean
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select exists (
        select
        from public.earnings earning
        where earning.instructor_id = any (p_instructor_ids)
            and earning.status not in ('paid', 'closed')
    ) or exists (
        select
        from public.refunds refund
        join public.payments payment on payment.org_id = refund.org_id and payment.id = refund.payment_id
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
        join public.payments payment on payment.org_id = dispute.org_id and payment.id = dispute.payment_id
        where dispute.closed_at is null
            and (
                payment.payer_id = p_payer_id
                or payment.learner_id = any (p_learner_ids)
                or payment.instructor_id = any (p_instructor_ids)
            )
    );
$$;

-- Withdraws guardianships and invitations offered to a person, and erases the address that they were offered to.
create function private.withdraw_offers(p_user_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
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
