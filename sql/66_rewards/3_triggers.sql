create trigger touch_updated_at
    before update on public.referral_rewards
    for each row execute function private.touch_updated_at();

create trigger follow_first_lesson
    after update of status on public.bookings
    for each row
    when (new.status = 'completed' and old.status <> 'completed')
    execute function private.follow_first_lesson();

create trigger follow_first_payment
    after update of captured_cents, refunded_cents, lost_cents on public.payments
    for each row
    when (
        row(new.captured_cents, new.refunded_cents, new.lost_cents)
        is distinct from row(old.captured_cents, old.refunded_cents, old.lost_cents)
    )
    execute function private.follow_first_payment();

select private.audit_table('public.referral_rewards', 'id');
