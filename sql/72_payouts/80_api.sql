create function public.payout_statement(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text,
        line_group text,
        explanation text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        statement.line, statement.payout_date, statement.instructor, statement.kind, statement.booking_id,
        statement.lesson_at, statement.service, statement.learner_initials, statement.amount_cents, statement.currency,
        statement.line_group, statement.explanation
    from private.payout_statement(p_payout_id) statement;
end;

comment on function public.payout_statement is
    'The lines of a payout, which sum to its amount, for its payee and the organization''s admins. line_group: lessons, late_cancellations, '
    'no_shows, expired_hours, refunds, disputes or adjustments, in this order; explanation: why an amount that is no lesson''s stands there. '
    'In pages of at most 1,000: the Data API''s .range(1000, 1999) is the second. With the header "Accept: text/csv" they come as CSV. '
    'Errors: sign_in_required, payout_not_found.';

create function public.list_payouts(
    p_from date,
    p_until date,
    p_limit integer default 1000,
    p_after_date date default null,
    p_after_id uuid default null
)
    returns table (
        payout_id uuid,
        payout_date date,
        paid_at timestamptz,
        status public.payout_status,
        organization text,
        payee text,
        lessons_cents bigint,
        late_cancellations_cents bigint,
        no_shows_cents bigint,
        expired_hours_cents bigint,
        refunds_cents bigint,
        disputes_cents bigint,
        adjustments_cents bigint,
        amount_cents bigint,
        reversed_cents bigint,
        currency text,
        stripe_transfer_id text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        listed.payout_id, listed.payout_date, listed.paid_at, listed.status, listed.organization, listed.payee, listed.lessons_cents,
        listed.late_cancellations_cents, listed.no_shows_cents, listed.expired_hours_cents, listed.refunds_cents, listed.disputes_cents,
        listed.adjustments_cents, listed.amount_cents, listed.reversed_cents, listed.currency, listed.stripe_transfer_id
    from private.list_payouts(p_from, p_until, p_limit, p_after_date, p_after_id) listed;
end;

comment on function public.list_payouts is
    'One line a payout of the days from p_from until before p_until, with the subtotals of its statement, which sum to amount_cents: for payees '
    'their own, for a school''s admins all of its, by date, in pages of at most 1,000: for the next page send payout_date and payout_id of '
    'the last row as p_after_date and p_after_id. With the header "Accept: text/csv" they come as CSV. '
    'Errors: sign_in_required, bad_time_range.';

create function public.year_statement(p_instructor_id uuid, p_year integer)
    returns table (
        paid_on date,
        payout_id uuid,
        line bigint,
        instructor text,
        kind public.earning_kind,
        line_group text,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text,
        explanation text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        statement.paid_on, statement.payout_id, statement.line, statement.instructor, statement.kind, statement.line_group,
        statement.lesson_at, statement.service, statement.learner_initials, statement.amount_cents, statement.currency,
        statement.explanation
    from private.year_statement(p_instructor_id, p_year) statement;
end;

comment on function public.year_statement is
    'What an instructor was paid for in a year, line by line, by the day of payment in the organization''s time zone: the same lines as those of '
    'payout_statement, for the instructor''s books. For the instructor and the organization''s admins. In pages of at most 1,000: the Data '
    'API''s .range(1000, 1999) is the second. With the header "Accept: text/csv" they come as CSV. '
    'Errors: sign_in_required, instructor_not_found, bad_year.';

create function public.set_payout_settings(
    p_instructor_id uuid,
    p_payout_schedule public.payout_schedule default null,
    p_minimum_payout_cents bigint default null,
    p_payee public.payee_kind default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_payout_settings(p_instructor_id, p_payout_schedule, p_minimum_payout_cents, p_payee);

comment on function public.set_payout_settings is
    'Sets when and from which amount an instructor is paid (by the instructor or the school''s admins) and who is paid (by the admins alone). '
    'Null keeps a setting. Errors: sign_in_required, instructor_not_found, payee_is_the_schools_choice, second_factor_required, and the rules of '
    'public.instructor_details.';

create function public.retire_connect_account(p_connect_account_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.retire_connect_account(p_connect_account_id);

comment on function public.retire_connect_account is
    'Retires a Stripe account, so that onboarding creates another; for its payee. '
    'Errors: sign_in_required, no_account, second_factor_required, payout_in_flight.';

create function public.admin_hold_payout(p_payout_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_hold_payout(p_payout_id, p_reason);

comment on function public.admin_hold_payout is
    'Holds a pending or failed payout; platform admins only. Errors: not_an_admin, reason_required, payout_not_found, '
    'payout_cannot_do_that.';

create function public.admin_release_payout(p_payout_id uuid, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_release_payout(p_payout_id, p_reason);

comment on function public.admin_release_payout is
    'Makes a held or failed payout pending again, to be sent by the next payout job; platform admins only. Errors: not_an_admin, reason_required, '
    'payout_not_found, payout_cannot_do_that.';

create function public.admin_cancel_payout(p_payout_id uuid, p_reason text, p_amount_cents bigint default null)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_cancel_payout(p_payout_id, p_reason, p_amount_cents);

comment on function public.admin_cancel_payout is
    'Cancels an unsent payout at once, or has Stripe reverse a paid one, all of it or p_amount_cents. The amount is owed to the payee again; '
    'platform admins only. '
    'Errors: not_an_admin, reason_required, payout_not_found, payout_cannot_do_that.';

create function public.admin_hold_instructor(p_instructor_id uuid, p_is_held boolean, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_hold_instructor(p_instructor_id, p_is_held, p_reason);

comment on function public.admin_hold_instructor is
    'With true, holds all payouts of an instructor from the next run on; with false, stops holding them; platform admins only. '
    'Errors: not_an_admin, reason_required, instructor_not_found.';

create function public.admin_adopt_transfer(p_stripe_transfer_id text, p_reason text)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_adopt_transfer(p_stripe_transfer_id, p_reason);

comment on function public.admin_adopt_transfer is
    'Books a transfer (tr_…) that Stripe has made and the books lack, as after a restore: the payee was paid in advance, and the next payouts '
    'deduct it; platform admins only. Errors: not_an_admin, reason_required, transfer_not_found, payout_cannot_do_that.';

create function public.my_next_payout()
    returns table (
        instructor_id uuid,
        payout_date date,
        earning_id uuid,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        amount_cents bigint,
        currency text,
        is_included boolean,
        reason text
    )
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select
        waiting.instructor_id, waiting.payout_date, waiting.earning_id, waiting.kind, waiting.booking_id, waiting.lesson_at,
        waiting.service, waiting.amount_cents, waiting.currency, waiting.is_included, waiting.reason
    from private.my_next_payout() waiting;
end;

comment on function public.my_next_payout is
    'What the caller, an instructor, will be paid on the next payday as it stands now, one row an earning: those that are included sum to '
    'the payout of each currency. The others have a reason: on_hold_after_the_lesson, money_not_available (at Stripe), frozen, disputed, '
    'waits_for_another_earning; or, of all of them, below_minimum, negative_balance, nothing_due, admin_hold, no_account, account_not_ready, '
    'account_restricted. Errors: sign_in_required.';
