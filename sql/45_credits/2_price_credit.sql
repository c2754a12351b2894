-- The price of minutes with an instructor: of one service at its price now, in whole lessons, or at the hourly rate. The fee is
-- the one of a lesson.
create function private.price_credit(
    p_instructor public.instructors,
    p_service public.services,
    p_minutes integer
)
    returns private.price
    language sql
    stable
    security invoker
    set search_path = ''
as $$
    select row(
        offer.currency,
        offer.list_cents,
        0,
        offer.fee_mode,
        offer.fee_bps,
        fee.cents,
        offer.list_cents - case offer.fee_mode when 'included' then fee.cents else 0 end,
        offer.list_cents + case offer.fee_mode when 'on_top' then fee.cents else 0 end
    )::private.price
    from (
        select
            coalesce(p_service.currency, p_instructor.currency) as currency,
            case
                when p_service.id is null then (p_instructor.hourly_rate_cents * p_minutes + 30) / 60
                else lesson.list_cents * (p_minutes / p_service.duration_minutes)
            end as list_cents,
            coalesce(details.fee_mode, organization.fee_mode) as fee_mode,
            coalesce(details.fee_bps, organization.fee_bps) as fee_bps
        from public.organizations organization
        join public.instructor_details details on details.instructor_id = p_instructor.id
        left join lateral private.price_service(p_service.id, p_instructor.id, private.clock()) lesson on true
        where organization.id = p_instructor.org_id
    ) offer
    cross join lateral (select private.fee_cents(offer.list_cents, offer.fee_bps) as cents) fee;
$$;
