create trigger enforce_transition
    before insert or update of status on public.learner_credits
    for each row execute function private.enforce_status_transition('credit');

create trigger forbid_repricing
    before update on public.learner_credits
    for each row execute function private.forbid_credit_repricing();

create trigger touch_updated_at
    before update on public.learner_credits
    for each row execute function private.touch_updated_at();

create trigger forbid_change
    before update or delete on public.credit_entries
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on public.credit_entries
    for each statement execute function private.forbid_change();

select private.audit_table('public.learner_credits', 'id');
