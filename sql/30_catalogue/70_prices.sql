-- The price of a service with an instructor for a lesson that starts at p_start_at and lasts p_minutes, or as long as the service
-- if that is null: a price for the whole lesson counts in proportion. Null if the instructor does not belong to the service's
-- organization; its amounts are null if the service has no price. The hourly rate counts only in its own currency.
create function private.price_service(
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz,
    p_minutes integer default null
)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.price_for_instructor(
            instructor.id,
            service.currency,
            coalesce(
                private.prorate(
                    coalesce(
                        private.rate_card_price_cents(service.id, (p_start_at at time zone organization.time_zone)::date),
                        service.price_cents
                    ),
                    coalesce(p_minutes, service.duration_minutes),
                    service.duration_minutes
                ),
                case
                    when instructor.currency = service.currency
                        then private.hourly_cents(
                            instructor.hourly_rate_cents, coalesce(p_minutes, service.duration_minutes)
                        )
                end
            )
        )
        from public.services service
        join public.organizations organization on organization.id = service.org_id
        join public.instructors instructor on instructor.org_id = service.org_id
        where service.id = p_service_id
            and instructor.id = p_instructor_id
    );
end;
$$;

-- The price of a service on a local date by its organization's rate cards: the card that is valid that day, else the default
-- card. Null if neither has the service.
create function private.rate_card_price_cents(p_service_id uuid, p_on date)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select item.price_cents
        from public.rate_card_items item
        join public.rate_cards card on card.org_id = item.org_id and card.id = item.rate_card_id
        where item.service_id = p_service_id
            and daterange(card.valid_from, card.valid_to, '[]') @> p_on
        order by card.is_default
        limit 1
    );
end;
$$;

-- The price of something with this list price: adds the fee that applies to the instructor, by the instructor's own terms,
-- or else by the organization's plan, or else by its own.
create function private.price_for_instructor(p_instructor_id uuid, p_currency text, p_list_cents bigint)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select private.price_with_fee(
            p_currency,
            p_list_cents,
            coalesce(details.fee_mode, organization.fee_mode),
            coalesce(details.fee_bps, organization.plan_fee_bps, organization.fee_bps)
        )
        from public.instructor_details details
        join public.organizations organization on organization.id = details.org_id
        where details.instructor_id = p_instructor_id
    );
end;
$$;

-- The one place that divides a list price between learner, instructor and platform.
-- on_top: the learner pays list + fee, the instructor gets list. included: the learner pays list, the instructor gets
-- list - fee.
create function private.price_with_fee(
    p_currency text,
    p_list_cents bigint,
    p_fee_mode public.fee_mode,
    p_fee_bps integer
)
    returns private.price
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    fee_cents constant bigint := private.bps_of(p_list_cents, p_fee_bps);
begin
    return row(
        p_currency,
        p_list_cents,
        0,
        p_fee_mode,
        p_fee_bps,
        fee_cents,
        p_list_cents - case p_fee_mode when 'included' then fee_cents else 0 end,
        p_list_cents + case p_fee_mode when 'on_top' then fee_cents else 0 end
    )::private.price;
end;
$$;

-- The same price with this much taken off what the learner pays. The platform bears it: share and fee stay as they are.
create function private.discount_price(p_price private.price, p_discount_cents bigint)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select row(
        p_price.currency,
        p_price.list_cents,
        p_discount_cents,
        p_price.fee_mode,
        p_price.fee_bps,
        p_price.fee_cents,
        p_price.share_cents,
        p_price.share_cents + p_price.fee_cents - p_discount_cents
    )::private.price;
$$;

-- Basis points of an amount, rounded half up: the fee of a list price, a percentage discount, a refund.
create function private.bps_of(p_cents bigint, p_bps integer)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select private.prorate(p_cents, p_bps, 10000);
$$;

-- What minutes cost at an hourly rate, rounded half up.
create function private.hourly_cents(p_hourly_rate_cents bigint, p_minutes integer)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return private.prorate(p_hourly_rate_cents, p_minutes, 60);
end;
$$;

-- Whether a lesson of this service at p_start_at costs the instructor's hourly rate, because neither a rate card nor the
-- service has a price. Prepaid minutes without a service pay only for such lessons.
create function private.is_hourly(p_service public.services, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select p_service.price_cents is null
            and private.rate_card_price_cents(p_service.id, (p_start_at at time zone organization.time_zone)::date) is null
        from public.organizations organization
        where organization.id = p_service.org_id
    );
end;
$$;
