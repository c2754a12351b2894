-- What a discount code takes off a price for a learner at this instant; null if nothing. It ends at the platform's fee unless
-- the code says otherwise, and at the price.
create function private.discount_code_cents(p_discount_code_id uuid, p_learner_person_id uuid, p_price private.price)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select nullif(
            least(
                case
                    when code.amount_cents is null then private.fee_cents(p_price.list_cents, code.discount_bps)
                    when code.currency = p_price.currency then code.amount_cents
                    else 0
                end,
                case when code.may_exceed_fee then p_price.share_cents + p_price.fee_cents else p_price.fee_cents end
            ),
            0
        )
        from public.discount_codes code
        where code.id = p_discount_code_id
            and code.is_active
            and code.starts_at <= private.clock()
            and (code.expires_at is null or private.clock() < code.expires_at)
            and (code.max_uses is null or code.uses_count < code.max_uses)
            and (not code.is_first_lesson_only or not private.has_learnt_before(p_learner_person_id))
            and code.max_uses_per_learner > (
                select count(*)
                from public.code_redemptions redemption
                where redemption.discount_code_id = code.id
                    and redemption.learner_person_id = p_learner_person_id
                    and redemption.status <> 'released'
            )
    );
end;
$$;
