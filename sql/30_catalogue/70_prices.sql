-- The one function that computes a price. The list price is the rate card's, else the service's, else the hourly rate times
-- the duration, rounded half up. on_top: the learner pays list + fee and the instructor gets list.
-- included: the learner pays list and the instructor gets list - fee.
-- An hourly rate is a price in its own currency alone; without one the amounts are null.
create function private.price_service(p_service_id uuid, p_instructor_id uuid, p_start_at timestamptz)
    returns private.price
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        with offer as (
            select
                service.currency,
                coalesce(
                    private.rate_card_price_cents(
                        service.id,
                        (p_start_at at time zone organization.time_zone)::date
                    ),
                    service.price_cents,
                    case
                        when instructor.currency = service.currency
                            then (instructor.hourly_rate_cents * service.duration_minutes + 30) / 60
                    end
                ) as list_cents,
                coalesce(details.fee_mode, organization.fee_mode) as fee_mode,
                coalesce(details.fee_bps, organization.fee_bps) as fee_bps
            from public.services service
            join public.organizations organization on organization.id = service.org_id
            join public.instructors instructor on instructor.org_id = service.org_id
            join public.instructor_details details on details.instructor_id = instructor.id
            where service.id = p_service_id
                and instructor.id = p_instructor_id
        ),

        fee as (
            select
                offer.*,
                private.bps_of(offer.list_cents, offer.fee_bps) as fee_cents
            from offer
        )

        select row(
            fee.currency,
            fee.list_cents,
            0,
            fee.fee_mode,
            fee.fee_bps,
            fee.fee_cents,
            fee.list_cents - case fee.fee_mode when 'included' then fee.fee_cents else 0 end,
            fee.list_cents + case fee.fee_mode when 'on_top' then fee.fee_cents else 0 end
        )::private.price
        from fee
    );
end;
$$;

comment on function private.price_service is
    'Null when the instructor does not belong to the service''s organization.';

-- The price of a service on a local date by its organization's rate cards: of the card valid that day, else of the default
-- card; null where neither lists it.
create function private.rate_card_price_cents(p_service_id uuid, p_on date)
    returns bigint
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
begin
    return (
        select item.price_cents
        from public.rate_card_items item
        join public.rate_cards card on card.id = item.rate_card_id
        where item.service_id = p_service_id
            and daterange(card.valid_from, card.valid_to, '[]') @> p_on
        order by card.is_default
        limit 1
    );
end;
$$;

-- Is a lesson at that time priced by the instructor's hourly rate, and not by a price of its own?
create function private.is_hourly(p_service public.services, p_start_at timestamptz)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = ''
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

-- The platform's fee on a list price, rounded half up, in integers.
create function private.bps_of(p_list_cents bigint, p_fee_bps integer)
    returns bigint
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select (p_list_cents * p_fee_bps + 5000) / 10000;
$$;

-- A price with something taken off, at the platform's cost.
create function private.discount_price(p_price private.price, p_discount_cents bigint)
    returns private.price
    language sql
    immutable
    security invoker
    set search_path = ''
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
