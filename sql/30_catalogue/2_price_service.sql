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
                    private.listed_price_cents(
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
                private.fee_cents(offer.list_cents, offer.fee_bps) as fee_cents
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
