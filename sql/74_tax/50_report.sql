-- What sellers were paid in a calendar year, by quarter: one row a payee and currency, as the United Kingdom's reporting rules for digital
-- platforms and the EU's DAC7 ask for it. Lessons are personal services, for which there is no threshold, so every payee is in it.
-- `python -m jobs platform-report` writes it as CSV. Definer: the job has no access to the tables.
create function private.platform_report(p_year integer)
    returns setof private.seller_report
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_year(p_year);
    return query
    select reported.*
    from private.seller_reports(p_year, null) reported;
end;
$$;

-- The rows of that report that are about the caller, or about the school that they administer: each seller's own copy.
-- Definer: reads tables of which the caller may read some rows alone.
create function private.my_platform_report(p_year integer)
    returns setof private.seller_report
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.require_person();
    perform private.assert_year(p_year);
    return query
    select reported.*
    from private.seller_reports(p_year, private.my_earner_ids() || private.my_school_ids()) reported;
end;
$$;

-- The report's rows of some payees, or of all.
create function private.seller_reports(p_year integer, p_payee_ids uuid[])
    returns setof private.seller_report
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    with payee as (
        select
            fact.org_id, fact.payee_id, fact.currency,
            array[
                coalesce(sum(fact.consideration_cents) filter (where fact.quarter = 1), 0),
                coalesce(sum(fact.consideration_cents) filter (where fact.quarter = 2), 0),
                coalesce(sum(fact.consideration_cents) filter (where fact.quarter = 3), 0),
                coalesce(sum(fact.consideration_cents) filter (where fact.quarter = 4), 0)
            ]::bigint[] as paid,
            array[
                coalesce(sum(fact.fees_cents) filter (where fact.quarter = 1), 0),
                coalesce(sum(fact.fees_cents) filter (where fact.quarter = 2), 0),
                coalesce(sum(fact.fees_cents) filter (where fact.quarter = 3), 0),
                coalesce(sum(fact.fees_cents) filter (where fact.quarter = 4), 0)
            ]::bigint[] as fees,
            array[
                coalesce(sum(fact.activities) filter (where fact.quarter = 1), 0),
                coalesce(sum(fact.activities) filter (where fact.quarter = 2), 0),
                coalesce(sum(fact.activities) filter (where fact.quarter = 3), 0),
                coalesce(sum(fact.activities) filter (where fact.quarter = 4), 0)
            ]::bigint[] as activities
        from private.seller_facts(p_year, p_payee_ids) fact
        group by fact.org_id, fact.payee_id, fact.currency
    )

    select
        p_year, payee.org_id, organization.name, payee.payee_id, seller.kind,
        coalesce(seller.legal_name, private.payee_name(payee.org_id, payee.payee_id)),
        seller.address_line, seller.city, seller.postal_code, seller.country, seller.birth_date, seller.registration_number,
        seller.tax_ids::text, seller.vat_number, account.stripe_account_id, payee.currency,
        payee.paid[1], payee.paid[2], payee.paid[3], payee.paid[4],
        payee.fees[1], payee.fees[2], payee.fees[3], payee.fees[4],
        payee.activities[1], payee.activities[2], payee.activities[3], payee.activities[4],
        private.missing_of_seller(seller)
    from payee
    join public.organizations organization on organization.id = payee.org_id
    left join public.seller_details seller
        on seller.org_id = payee.org_id
        and coalesce(seller.instructor_id, seller.org_id) = payee.payee_id
    left join public.stripe_connect_accounts account
        on account.org_id = payee.org_id
        and coalesce(account.instructor_id, account.org_id) = payee.payee_id
    order by organization.name, payee.org_id, payee.payee_id, payee.currency;
end;
$$;

-- What a seller has not said and the report asks for; null if nothing is missing.
create function private.missing_of_seller(p_seller public.seller_details)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_seller.id is null then 'seller_details'
        when p_seller.tax_ids = '{}' then 'tax_ids'
    end;
$$;

-- What counts, one row a cause, by the quarter of the organization's time zone in which it happened:
-- * what a lesson, a no-show, a late cancellation or expired hours earned, when it was credited, and what a refund or a dispute took from that,
--   in the quarter in which it did. Corrections of payouts and agreed fees are no consideration.
-- * lessons that were paid outside: the rules count what the platform knows of, whoever handed it over. What the payee keeps of it, at the
--   lesson's end.
-- * fees that the payee bears, less what was credited: those included in the price, of lessons paid outside, and agreed ones. A fee on top is
--   the payer's, and is no part of what the payee is paid.
create function private.seller_facts(p_year integer, p_payee_ids uuid[])
    returns table (
        org_id uuid,
        payee_id uuid,
        currency text,
        quarter integer,
        consideration_cents bigint,
        fees_cents bigint,
        activities integer
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    -- A day wider than the year on both sides, for indexes: the time zone decides below.
    from_at constant timestamptz := make_timestamptz(p_year, 1, 1, 0, 0, 0, 'UTC') - interval '1 day';
    until_at constant timestamptz := make_timestamptz(p_year + 1, 1, 1, 0, 0, 0, 'UTC') + interval '1 day';
    instructor_ids constant uuid[] := array(
        select instructor.id
        from public.instructors instructor
        where p_payee_ids is null
            or instructor.id = any (p_payee_ids)
            or instructor.org_id = any (p_payee_ids)
    );
begin
    return query
    select
        fact.org_id, fact.payee_id, fact.currency, extract(quarter from fact.at at time zone organization.time_zone)::integer,
        fact.consideration_cents, fact.fees_cents, fact.activities
    from (
        select
            earning.org_id, earning.payee_id, earning.currency, earning.created_at as at,
            earning.amount_cents as consideration_cents, 0::bigint as fees_cents,
            (earning.kind in ('lesson', 'no_show', 'cancellation'))::integer as activities
        from public.earnings earning
        left join public.order_items item on item.org_id = earning.org_id and item.id = earning.item_id
        where earning.instructor_id = any (instructor_ids)
            and earning.created_at >= from_at
            and earning.created_at < until_at
            and (
                earning.kind in ('lesson', 'no_show', 'cancellation', 'credit_expiry', 'refund', 'dispute')
                or (earning.kind = 'adjustment' and earning.item_id is not null)
            )
            and item.is_paid_outside is not true
        union all
        select
            item.org_id, coalesce(owed.payee_id, private.payee_id(item.instructor_id)), item.currency, booking.end_at,
            private.outside_share_cents(item), 0, 1
        from public.bookings booking
        join public.order_items item on item.org_id = booking.org_id and item.booking_id = booking.id
        left join lateral (
            select earning.payee_id
            from public.earnings earning
            where earning.org_id = item.org_id
                and earning.item_id = item.id
            order by earning.created_at, earning.id
            limit 1
        ) owed on true
        where booking.instructor_id = any (instructor_ids)
            and booking.end_at >= from_at
            and booking.end_at < until_at
            and item.is_paid_outside
            and item.ending is not null
            and private.outside_share_cents(item) > 0
        union all
        select
            document.org_id, document.payee_id, document.currency, document.supplied_at, 0,
            case document.kind when 'invoice' then document.fee_cents else -document.fee_cents end, 0
        from public.fee_invoices document
        where (p_payee_ids is null or document.payee_id = any (p_payee_ids))
            and document.bearer = 'payee'
            and document.supplied_at >= from_at
            and document.supplied_at < until_at
    ) fact
    join public.organizations organization on organization.id = fact.org_id
    where extract(year from fact.at at time zone organization.time_zone) = p_year
        and (p_payee_ids is null or fact.payee_id = any (p_payee_ids));
end;
$$;

-- What the payee keeps of a lesson that was paid outside, less the fee: the share that they would have had by card.
create function private.outside_share_cents(p_item public.order_items)
    returns bigint
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    as_by_card public.order_items := p_item;
begin
    as_by_card.is_paid_outside := false;
    as_by_card.excess_cents := 0;
    return (private.item_books(as_by_card)).share_cents;
end;
$$;
