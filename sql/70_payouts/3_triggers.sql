create trigger touch_updated_at
    before update on public.payout_runs
    for each row execute function private.touch_updated_at();

create trigger enforce_transition
    before insert or update of status on public.payouts
    for each row execute function private.enforce_status_transition('payout');

create trigger touch_updated_at
    before update on public.payouts
    for each row execute function private.touch_updated_at();

create trigger enforce_transition
    before insert or update of status on public.earnings
    for each row execute function private.enforce_status_transition('earning');

create trigger touch_updated_at
    before update on public.earnings
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.payout_items
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.payout_items
    for each statement execute function private.forbid_change();

-- NOTE: triggers fire in the order of their names: capture_for_lesson has decided by then what is never captured.
create trigger earn_share
    after update of status on public.bookings
    for each row
    when (new.status <> old.status and new.status in ('completed', 'no_show', 'cancelled'))
    execute function private.accrue_earning();

create trigger net_booking
    after update of status on public.refunds
    for each row
    when (new.status <> old.status and (new.status = 'succeeded' or old.status = 'succeeded'))
    execute function private.follow_refunded_booking();

create trigger follow_dispute
    after update of lost_cents on public.disputes
    for each row
    when (new.lost_cents <> old.lost_cents)
    execute function private.follow_dispute();

create trigger follow_disputed_payment
    after update of is_disputed on public.payments
    for each row
    when (new.is_disputed <> old.is_disputed)
    execute function private.freeze_disputed_earnings();

create trigger freeze_unpaid_earnings
    after update of status on public.payments
    for each row
    when (new.status = 'cancelled' and new.is_accepted)
    execute function private.freeze_unpaid_earnings();

create trigger accrue_expiry
    after insert on public.credit_entries
    for each row
    when (new.kind = 'expire')
    execute function private.accrue_expiry();

create trigger follow_funds
    after update of funds_available_at on public.payments
    for each row
    when (new.funds_available_at is not null)
    execute function private.follow_funds();

create trigger touch_updated_at
    before update on public.bank_payouts
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.problem_reports
    for each row execute function private.touch_updated_at();

select private.audit_table('public.bank_payouts', 'id');
select private.audit_table('public.problem_reports', 'id', '{description,resolution}');
select private.audit_table('public.payout_runs', 'id');
select private.audit_table('public.payouts', 'id');
select private.audit_table('public.earnings', 'id');
