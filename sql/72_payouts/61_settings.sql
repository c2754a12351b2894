-- Sets when and from which amount an instructor is paid, which instructors do themselves or the school's admins for them, and
-- whether the instructor or the school is paid, which only admins decide: with a second factor if the school asks for one, and both are
-- told. Null keeps a setting. Existing earnings keep their payee.
-- Definer: no role may write these columns.
create function private.set_payout_settings(
    p_instructor_id uuid,
    p_payout_schedule public.payout_schedule,
    p_minimum_payout_cents bigint,
    p_payee public.payee_kind
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    instructor public.instructors;
    details public.instructor_details;
    broken_rule text;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and (id = any (private.my_instructor_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor, or you may not change how they are paid.',
            'Check the id.'
        );
    end if;
    if p_payee is not null and not instructor.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            '42501', 'payee_is_the_schools_choice',
            'Only the school decides whether it or the instructor is paid.',
            'Ask an admin of the school.'
        );
    end if;

    select * into strict details
    from public.instructor_details
    where instructor_id = p_instructor_id
    for no key update;
    if p_payee <> details.payee then
        perform private.assert_second_factor(instructor.org_id);
        perform private.raise_alert(
            instructor.org_id, instructor.id, 'payee_changed',
            format(
                'Earnings from now on are paid to the %s. If you do not know why, tell the platform at once.',
                case p_payee when 'organization' then 'school' else 'instructor' end
            ),
            'instructors', instructor.id,
            format('instructor:%s:paid_to:%s:%s', instructor.id, p_payee, extract(epoch from private.clock()))
        );
    end if;

    update public.instructor_details
    set payout_schedule = coalesce(p_payout_schedule, payout_schedule),
        minimum_payout_cents = coalesce(p_minimum_payout_cents, minimum_payout_cents),
        payee = coalesce(p_payee, payee)
    where instructor_id = p_instructor_id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Retires a payee's Stripe account, so that onboarding creates another; refused while a payout to it is unfinished, and without a second
-- factor if the organization asks for one. The payee and the organization's admins are told.
-- Definer: no role may write Stripe accounts.
create function private.retire_connect_account(p_connect_account_id uuid)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    account public.stripe_connect_accounts;
begin
    perform private.require_person();
    select * into account
    from public.stripe_connect_accounts
    where id = p_connect_account_id
        and retired_at is null
        and (
            instructor_id = any (private.my_earner_ids())
            or (instructor_id is null and org_id = any (private.my_admin_org_ids()))
        )
    for no key update;
    if not found then
        perform private.refuse(
            'PT404', 'no_account',
            'You have no such Stripe account.',
            'Reload your payout settings.'
        );
    end if;
    perform private.assert_second_factor(account.org_id);
    if exists (
        select
        from public.payouts payout
        where payout.org_id = account.org_id
            and payout.connect_account_id = account.id
            and payout.status in ('pending', 'sending', 'unknown', 'failed', 'held')
    ) then
        perform private.refuse(
            'PT409', 'payout_in_flight',
            'A payout to this account is not finished yet.',
            'Wait until it is paid or cancelled, then retire the account.'
        );
    end if;

    update public.stripe_connect_accounts set retired_at = private.clock() where id = account.id;
    perform private.raise_alert(
        account.org_id, account.instructor_id, 'account_retired',
        'The Stripe account for payouts was retired: payouts wait for another. If you do not know why, tell the platform at once.',
        'stripe_connect_accounts', account.id, format('account:%s:retired', account.id)
    );
end;
$$;
