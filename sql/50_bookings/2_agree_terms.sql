-- What a booking costs now, what takes something off and what pays for it besides a card. Refuses what cannot be charged.
create function private.agree_terms(
    p_service public.services,
    p_instructor public.instructors,
    p_start_at timestamptz,
    p_learner public.learners,
    p_request private.booking_request
)
    returns private.booking_terms
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    terms private.booking_terms;
    price private.price := private.price_service(p_service.id, p_instructor.id, p_start_at);
begin
    select organization.fee_refundable, latest.id into terms.is_fee_refundable, terms.cancellation_policy_id
    from public.organizations organization
    join public.cancellation_policies latest on latest.org_id = organization.id
    where organization.id = p_service.org_id
    order by latest.version desc
    limit 1;
    terms.credit_cents := 0;
    terms.moved_cents := 0;

    if p_request.uses_credit then
        return private.terms_by_credit(terms, price, p_service, p_instructor, p_start_at, p_learner, p_request);
    end if;
    if p_request.moved_from_id is not null then
        return private.terms_of_move(terms, price, p_request.moved_from_id);
    end if;

    terms.offer := private.take_discount(p_request.discount_code, p_request.uses_rewards, p_learner, price);
    terms.price := private.discount_price(price, coalesce((terms.offer).discount_cents, 0));
    perform private.check_price_is_payable(terms.price);
    return terms;
end;
$$;
