create trigger enforce_transition
    before insert or update of status on public.disputes
    for each row execute function private.enforce_status_transition('dispute');

create trigger touch_updated_at
    before update on public.disputes
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on private.dispute_transactions
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.dispute_transactions
    for each statement execute function private.forbid_change();

create trigger lose_returned_minutes
    after insert on public.credit_entries
    for each row
    when (new.kind in ('return', 'refund_failed'))
    execute function private.lose_returned_minutes();

select private.audit_table('public.disputes', 'id');
