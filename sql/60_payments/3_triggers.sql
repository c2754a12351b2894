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

select private.audit_table('public.payments', 'id');
select private.audit_table('public.refunds', 'id');
