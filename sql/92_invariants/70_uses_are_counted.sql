create view private.uses_are_counted
    with (security_invoker = true)
as
select jsonb_build_object('discount_code_id', code.id, 'uses_count', code.uses_count) as detail
from public.discount_codes code
where code.uses_count <> (
    select count(*)
    from public.code_redemptions redemption
    where redemption.discount_code_id = code.id
        and redemption.status <> 'released'
);

comment on view private.uses_are_counted is
    'A code''s count of uses is the number of its redemptions that were not released.';
