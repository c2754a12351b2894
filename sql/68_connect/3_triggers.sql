create trigger touch_updated_at
    before update on public.stripe_connect_accounts
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.connect_account_details
    for each row execute function private.touch_updated_at();

select private.audit_table('public.stripe_connect_accounts', 'id');
select private.audit_table('public.connect_account_details', 'connect_account_id', '{requirements,business_profile}');
