create trigger touch_updated_at
    before update on public.services
    for each row execute function private.touch_updated_at();

select private.audit_table('public.services', 'id', '{description,short_description,prerequisites,materials_url}');

create trigger touch_updated_at
    before update on public.rate_cards
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.rate_card_items
    for each row execute function private.touch_updated_at();

select private.audit_table('public.rate_cards', 'id');
select private.audit_table('public.rate_card_items', 'id');
