create trigger touch_updated_at
    before update on public.discount_codes
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.referral_codes
    for each row execute function private.touch_updated_at();

create trigger enforce_transition
    before insert or update of status on public.code_redemptions
    for each row execute function private.enforce_status_transition('redemption');

create trigger touch_updated_at
    before update on public.code_redemptions
    for each row execute function private.touch_updated_at();

create trigger count_redemption
    after insert or update of status on public.code_redemptions
    for each row execute function private.count_redemption();

select private.audit_table('public.discount_codes', 'id', '{code}');
select private.audit_table('public.referral_codes', 'id', '{code}');
select private.audit_table('public.code_redemptions', 'id');
