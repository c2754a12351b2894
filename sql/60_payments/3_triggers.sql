create trigger enforce_transition
    before insert or update of status on public.payments
    for each row execute function private.enforce_status_transition('payment');

create trigger forbid_repricing
    before update on public.payments
    for each row execute function private.forbid_payment_repricing();

create trigger touch_updated_at
    before update on public.payments
    for each row execute function private.touch_updated_at();

create trigger enforce_transition
    before insert or update of status on public.refunds
    for each row execute function private.enforce_status_transition('refund');

create trigger touch_updated_at
    before update on public.refunds
    for each row execute function private.touch_updated_at();

create trigger follow_payment
    after update of status on public.payments
    for each row
    when (new.status = 'cancelled' and old.status <> 'cancelled')
    execute function private.follow_payment();

create trigger check_is_covered
    before insert or update of status on public.refunds
    for each row
    when (new.status = 'pending' and new.stripe_refund_id is null)
    execute function private.check_refund_is_covered();

create trigger follow_refund
    after update of status on public.refunds
    for each row
    when (new.status in ('succeeded', 'failed', 'cancelled') and new.status <> old.status)
    execute function private.follow_refund();

create trigger end_open_payment
    after update of status on public.bookings
    for each row
    when (new.status in ('cancelled', 'declined', 'expired') and new.status <> old.status)
    execute function private.end_open_payment();

create trigger follow_confirmation
    after update of status on public.bookings
    for each row
    when (new.status = 'confirmed' and old.status <> 'confirmed')
    execute function private.follow_confirmation();

create trigger capture_for_lesson
    after update of status on public.bookings
    for each row
    when (
        new.status <> old.status
        and (new.status = 'completed' or new.no_show_by = 'learner')
    )
    execute function private.capture_for_lesson();

create trigger return_free_booking
    after update of status on public.bookings
    for each row
    when (
        new.total_cents = 0
        and new.instructor_share_cents > 0
        and old.status in ('confirmed', 'in_progress')
        and (new.status = 'cancelled' or new.no_show_by = 'instructor')
    )
    execute function private.return_free_booking();

select private.audit_table('public.payments', 'id');
select private.audit_table('public.refunds', 'id', '{reason}');
