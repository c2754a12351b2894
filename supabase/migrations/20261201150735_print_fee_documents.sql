set lock_timeout = '3s';

-- sql/74_tax/41_print.sql
-- An invoice or credit note for the platform's fee as one JSON document, which the webhook service prints as a PDF: for those who may read its
-- row (90_access), and nobody else. It says what the row says, and both stay. Days are those of the organization's time zone.
-- Definer: the webhook service may not read the tables.
create function private.fee_invoice_for(p_user_id uuid, p_has_second_factor boolean, p_invoice_id uuid)
    returns jsonb
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    document public.fee_invoices;
begin
    perform private.act_for(p_user_id, p_has_second_factor);
    perform private.require_person();
    select issued.* into document
    from public.fee_invoices issued
    where issued.id = p_invoice_id
        and private.may_read_fee_invoice(issued);
    if not found then
        perform private.refuse(
            'PT404', 'fee_invoice_not_found',
            'You have no invoice with that id.',
            'Read list_fee_invoices, and check the id.'
        );
    end if;
    return private.fee_invoice_contents(document);
end;
$$;

-- Whether the caller may read an invoice: as in the policy select_recipient_or_finance.
create function private.may_read_fee_invoice(p_document public.fee_invoices)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return coalesce(p_document.payer_id = private.my_user_id(), false)
        or (p_document.bearer = 'payee' and p_document.payee_id = any (private.my_earner_ids() || private.my_school_ids()))
        or private.may_read_all_sellers();
end;
$$;

create function private.fee_invoice_contents(p_document public.fee_invoices)
    returns jsonb
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'number', p_document.number,
            'kind', p_document.kind,
            'credits_number', credited.number,
            'credits_issued_on', (credited.issued_at at time zone organization.time_zone)::date,
            'bearer', p_document.bearer,
            'order_id', p_document.order_id,
            'currency', p_document.currency,
            'minor_digits', currency.minor_digits,
            'fee_cents', p_document.fee_cents,
            'discount_cents', p_document.discount_cents,
            'total_cents', p_document.total_cents,
            'net_cents', p_document.total_cents - p_document.vat_cents,
            'vat_treatment', p_document.vat_treatment,
            'vat_rate_bps', p_document.vat_rate_bps,
            'vat_cents', p_document.vat_cents,
            'issuer_name', p_document.issuer_name,
            'issuer_address', p_document.issuer_address,
            'issuer_vat_number', p_document.issuer_vat_number,
            'recipient_name', p_document.recipient_name,
            'recipient_address', nullif(p_document.recipient_address, ''),
            'recipient_vat_number', p_document.recipient_vat_number,
            'supplied_on', (p_document.supplied_at at time zone organization.time_zone)::date,
            'issued_on', (p_document.issued_at at time zone organization.time_zone)::date
        )
        from public.organizations organization
        join private.currencies currency on currency.code = p_document.currency
        left join public.fee_invoices credited
            on credited.org_id = p_document.org_id
            and credited.id = p_document.credited_invoice_id
        where organization.id = p_document.org_id
    );
end;
$$;

-- sql/74_tax/51_message.sql
-- What the platform says to HMRC about a year: itself, where it is established, and the sellers of platform_report, as one JSON document that
-- `python -m jobs platform-report --xml` writes in the OECD's format. Amounts are in whole units of the currency, as the format asks. A seller
-- who teaches at several organizations is one; who has said nothing of themselves cannot be in it, and is named by platform_report.
-- Definer: the job has no access to the tables.
create function private.platform_message(p_year integer)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.assert_year(p_year);
    return jsonb_build_object(
        'year', p_year,
        'operator', (
            select jsonb_build_object(
                'country', home.country,
                'name', home.legal_name,
                'address', home.address,
                'vat_number', home.vat_number,
                'business_name', platform.name
            )
            from public.platform_registrations home
            join public.organizations platform on platform.id = private.platform_id()
            where home.is_home
        ),
        'sellers', (select coalesce(jsonb_agg(to_jsonb(seller)), '[]') from private.sellers_of_message(p_year) seller)
    );
end;
$$;

-- The sellers of that message, each once in a currency: by what they have said of themselves, or by payee where no tax number tells who it is.
create function private.sellers_of_message(p_year integer)
    returns table (
        kind public.seller_kind,
        legal_name text,
        address_line text,
        city text,
        postal_code text,
        country text,
        birth_date date,
        registration_number text,
        tax_ids jsonb,
        vat_number text,
        currency text,
        account_ids text[],
        consideration bigint[],
        fees bigint[],
        activities bigint[]
    )
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return query
    select
        said.kind, said.legal_name, said.address_line, said.city, said.postal_code, said.country, said.birth_date,
        said.registration_number, said.tax_ids::jsonb, said.vat_number, said.currency,
        array_remove(array_agg(distinct said.stripe_account_id), null),
        array[
            private.whole_units(sum(said.q1_consideration_cents)::bigint, said.currency),
            private.whole_units(sum(said.q2_consideration_cents)::bigint, said.currency),
            private.whole_units(sum(said.q3_consideration_cents)::bigint, said.currency),
            private.whole_units(sum(said.q4_consideration_cents)::bigint, said.currency)
        ],
        array[
            private.whole_units(sum(said.q1_fees_cents)::bigint, said.currency),
            private.whole_units(sum(said.q2_fees_cents)::bigint, said.currency),
            private.whole_units(sum(said.q3_fees_cents)::bigint, said.currency),
            private.whole_units(sum(said.q4_fees_cents)::bigint, said.currency)
        ],
        array[sum(said.q1_activities), sum(said.q2_activities), sum(said.q3_activities), sum(said.q4_activities)]::bigint[]
    from private.seller_reports(p_year, null) said
    where said.kind is not null
    group by
        said.kind, said.legal_name, said.address_line, said.city, said.postal_code, said.country, said.birth_date,
        said.registration_number, said.tax_ids, said.vat_number, said.currency,
        case when said.tax_ids = '{}' then said.payee_id end
    order by said.legal_name, said.tax_ids, min(said.payee_id::text), said.currency;
end;
$$;

-- An amount in whole units of its currency, rounded half away from zero.
create function private.whole_units(p_cents bigint, p_currency text)
    returns bigint
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select case when p_cents < 0 then -1 else 1 end * private.prorate(abs(p_cents), 1, (10 ^ currency.minor_digits)::bigint)
    from private.currencies currency
    where currency.code = p_currency;
$$;

SET local check_function_bodies = off;

CREATE OR REPLACE FUNCTION private.account_totals (
  p_currency text,
  p_month    date
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select coalesce(jsonb_object_agg(total.kind, to_jsonb(total) - 'kind'), '{}')
    from (
        select
            moved.kind,
            coalesce(sum(moved.cents) filter (where moved.month_on < p_month), 0)::bigint as opening_cents,
            coalesce(sum(greatest(moved.cents, 0)) filter (where moved.month_on = p_month), 0)::bigint as debits_cents,
            coalesce(sum(least(moved.cents, 0)) filter (where moved.month_on = p_month), 0)::bigint as credits_cents,
            sum(moved.cents)::bigint as closing_cents
        from (
            select account.key as kind, date '-infinity' as month_on, (account.value ->> 'closing_cents')::bigint as cents
            from jsonb_each(private.totals_before(p_month) #> array['currencies', p_currency, 'accounts']) account
            union all
            select account.kind::text, posted.month_on, entry.amount_cents
            from private.ledger_transactions posted
            join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
            join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
            where posted.currency = p_currency
                and posted.month_on <= p_month
                and posted.month_on >= (select case when private.totals_before(p_month) is null then '-infinity' else p_month end)
        ) moved
        group by moved.kind
    ) total;
$function$;

CREATE OR REPLACE FUNCTION private.admin_close_month (
  p_month  date,
  p_reason text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    person constant uuid := private.require_platform_admin(p_reason);
    month constant date := date_trunc('month', p_month::timestamp);
    frozen jsonb;
begin
    -- Waits for the postings under way, and makes later ones wait.
    perform pg_advisory_xact_lock('private.month_closings'::regclass::oid::bigint);
    perform private.assert_month_can_close(month);
    frozen := private.month_totals(month);
    insert into private.month_closings (month_on, version, totals, content_hash, closed_by, reason)
    select month, coalesce(max(earlier.version), 0) + 1, frozen, private.hash_of(frozen), person, p_reason
    from private.month_closings earlier
    where earlier.month_on = month;
    return frozen;
end;
$function$;

CREATE OR REPLACE FUNCTION private.currencies_of_stripe()
  RETURNS SETOF text
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select currency.code
    from private.currencies currency
    where (select min(moved.booked_at) from private.balance_transactions moved where moved.currency = currency.code) is not null
        or (select min(movement.booked_at) from private.stripe_movements movement where movement.currency = currency.code) is not null
    order by currency.code;
$function$;

CREATE OR REPLACE FUNCTION private.forbid_refund_by_hand()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    if private.actor_kind() = 'studio' then
        perform private.refuse(
            'PT409', 'illegal_transition',
            'A refund cannot be added by hand.',
            format('Cancel the lesson, or call %s.', private.function_of_step('refund', 'pending'))
        );
    end if;
    return new;
end;
$function$;

CREATE OR REPLACE FUNCTION private.keep_platform_reports()
  RETURNS integer
  LANGUAGE plpgsql
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return (
        select coalesce(sum(private.keep_report(null, closing)), 0)::integer
        from (
            select closed.*
            from private.month_closings closed
            where closed.reopened_at is null
                and not exists (
                    select
                    from private.month_reports kept
                    where kept.org_id = private.platform_id()
                        and kept.month_on = closed.month_on
                        and kept.version = closed.version
                )
            order by closed.month_on
        ) closing
    );
end;
$function$;

CREATE OR REPLACE FUNCTION private.maintain_platform()
  RETURNS TABLE (
    task     text,
    affected bigint
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
begin
    return query
    select
        'partitions_created',
        (
            private.create_month_partitions('public.audit_logs')
            + private.create_month_partitions('private.webhook_event_bodies')
            + private.create_month_partitions('private.trip_points')
        )::bigint
    union all
    select 'events_assigned', private.assign_waiting_events()::bigint
    union all
    select 'stripe_fees_queued', private.enqueue_stripe_fees()::bigint
    union all
    select 'reports_kept', private.keep_platform_reports()::bigint
    union all
    select 'reports_removed', private.remove_old_reports()::bigint
    union all
    select 'setup_intents_removed', private.remove_old_setup_intents()::bigint
    union all
    select 'news_removed', private.remove_old_news()::bigint
    union all
    select 'codes_removed', private.remove_old_codes()::bigint
    union all
    select 'bodies_removed', private.remove_old_bodies();
end;
$function$;

CREATE OR REPLACE FUNCTION private.match_balance_transactions (
  p_after text
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  AS $function$
declare
    batch_size constant integer := 1000;
    keys text[];
    balanced text[];
begin
    if p_after = '' then
        analyze private.balance_transactions, private.stripe_movements;
    end if;
    keys := private.next_unmatched_keys(p_after, batch_size);
    balanced := private.balanced_keys(keys);

    update private.balance_transactions moved
    set matched_at = private.clock(),
        ledger_org_id = pair.org_id,
        ledger_transaction_id = pair.ledger_transaction_id
    from private.pairs_of_keys(balanced) pair
    where moved.id = pair.balance_transaction_id
        and moved.matched_at is null;

    update private.stripe_movements movement
    set matched_at = private.clock(),
        balance_transaction_id = pair.balance_transaction_id
    from private.pairs_of_movements(balanced) pair
    where movement.org_id = pair.org_id
        and movement.ledger_transaction_id = pair.ledger_transaction_id
        and movement.matched_at is null;

    return case when cardinality(keys) = batch_size then keys[batch_size] end;
end;
$function$;

CREATE OR REPLACE FUNCTION private.payment_breakdown (
  p_currency text,
  p_from     timestamp with time zone,
  p_until    timestamp with time zone
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    with posted as materialized (
        select known.org_id, known.id, known.kind
        from private.ledger_transactions known
        where known.currency = p_currency
            and known.effective_at >= p_from
            and known.effective_at < p_until
            and known.month_on < p_until at time zone 'UTC'
            and known.source_type not in ('payout', 'transfer')
        union all
        select late.org_id, late.id, late.kind
        from private.ledger_transactions late
        where late.currency = p_currency
            and late.effective_at < p_from
            and late.month_on >= p_from at time zone 'UTC'
            and late.month_on < p_until at time zone 'UTC'
            and late.source_type not in ('payout', 'transfer')
    )

    select coalesce(jsonb_object_agg(total.kind, to_jsonb(total) - 'kind'), '{}')
    from (
        select
            posted.kind,
            count(distinct posted.id) as count,
            coalesce(sum(entry.amount_cents) filter (where account.kind = 'stripe_balance'), 0)::bigint as stripe_balance_cents,
            -coalesce(sum(entry.amount_cents) filter (where account.kind = 'platform_fees'), 0)::bigint as platform_fees_cents,
            coalesce(sum(entry.amount_cents) filter (where account.kind = 'processor_fees'), 0)::bigint as processor_fees_cents
        from posted
        join private.ledger_entries entry on entry.org_id = posted.org_id and entry.transaction_id = posted.id
        join private.ledger_accounts account on account.org_id = entry.org_id and account.id = entry.account_id
        where account.kind in ('stripe_balance', 'platform_fees', 'processor_fees')
        group by posted.kind
    ) total;
$function$;

CREATE OR REPLACE FUNCTION private.set_cancellation_outcome()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  AS $function$
declare
    outcome private.cancellation_outcome;
begin
    perform private.assert_order_is_free(new.order_id);
    if new.status not in ('cancelled', 'no_show') then
        return new;
    end if;

    if new.status = 'cancelled' then
        new.cancelled_by := coalesce(new.cancelled_by, 'admin');
        new.cancelled_at := coalesce(new.cancelled_at, private.clock());
    end if;
    new.hold_expires_at := null;
    old.is_withdrawn := new.is_withdrawn;
    outcome := private.decide_cancellation_outcome(
        old, coalesce(new.no_show_by, new.cancelled_by), new.status = 'no_show', new.refund_bps
    );
    new.refund_bps := outcome.refund_bps;
    new.cancellation_refund_cents := outcome.cancellation_refund_cents;
    new.restored_minutes := outcome.restored_minutes;
    new.kept_share_cents := outcome.kept_share_cents;
    return new;
end;
$function$;

CREATE OR REPLACE FUNCTION private.stripe_totals (
  p_currency text,
  p_month    date
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select month.breakdown || jsonb_build_object(
        'opening_cents', month.opening_cents,
        'closing_cents', month.opening_cents + (month.breakdown ->> 'net_cents')::bigint
    )
    from (
        select
            private.balance_breakdown(
                p_currency, p_month::timestamp at time zone 'UTC', (p_month + interval '1 month') at time zone 'UTC'
            ) as breakdown,
            case
                when private.totals_before(p_month) is null then (
                    select coalesce(sum(moved.net_cents), 0)
                    from private.balance_transactions moved
                    where moved.currency = p_currency
                        and moved.balance_type = 'payments'
                        and moved.booked_at < p_month::timestamp at time zone 'UTC'
                )
                else coalesce(
                    (private.totals_before(p_month) #>> array['currencies', p_currency, 'stripe', 'closing_cents'])::bigint, 0
                )
            end as opening_cents
    ) month;
$function$;

CREATE OR REPLACE FUNCTION private.totals_before (
  p_month date
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO '', 'pg_temp'
  AS $function$
    select closing.totals
    from private.month_closings closing
    where closing.month_on = (p_month - interval '1 month')::date
        and closing.reopened_at is null;
$function$;

CREATE OR REPLACE FUNCTION private.write_reconciliation_reports (
  p_day date
)
  RETURNS TABLE (
    report_date   date,
    currency      text,
    version       integer,
    opening_cents bigint,
    closing_cents bigint,
    content_hash  text
  )
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO '', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  AS $function$
begin
    return query
    insert into public.reconciliation_reports (
        report_date, currency, version, total_revenue_cents, total_payouts_cents, total_fees_cents, opening_cents, closing_cents,
        payment_breakdown, payout_breakdown, balance_breakdown, content_hash
    )
    select
        p_day, known.currency, coalesce(latest.version, 0) + 1,
        (figures.content ->> 'total_revenue_cents')::bigint,
        (figures.content ->> 'total_payouts_cents')::bigint,
        (figures.content ->> 'total_fees_cents')::bigint,
        (figures.content ->> 'opening_cents')::bigint,
        (figures.content ->> 'closing_cents')::bigint,
        figures.content -> 'payment_breakdown', figures.content -> 'payout_breakdown', figures.content -> 'balance_breakdown',
        private.hash_of(figures.content)
    from private.currencies_of_stripe() known (currency)
    cross join lateral private.day_figures(p_day, known.currency) figures (content)
    left join lateral private.latest_report(p_day, known.currency) latest on true
    where latest.content_hash is distinct from private.hash_of(figures.content)
    order by known.currency
    returning
        reconciliation_reports.report_date, reconciliation_reports.currency, reconciliation_reports.version,
        reconciliation_reports.opening_cents, reconciliation_reports.closing_cents, reconciliation_reports.content_hash;
end;
$function$;

CREATE TRIGGER forbid_refund_by_hand
  BEFORE INSERT ON public.refunds
  FOR EACH ROW
  WHEN (((new.status = 'pending'::public.refund_status) AND (pg_trigger_depth() = 0)))
  EXECUTE FUNCTION private.forbid_refund_by_hand();

REVOKE ALL ON FUNCTION "private"."fee_invoice_for"(uuid, boolean, uuid) FROM "webhook_service";

GRANT EXECUTE ON FUNCTION "private"."fee_invoice_for"(uuid, boolean, uuid) TO "webhook_service";

REVOKE ALL ON FUNCTION "private"."forbid_refund_by_hand"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."forbid_refund_by_hand"() FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."forbid_refund_by_hand"() TO "postgres";

REVOKE ALL ON FUNCTION "private"."keep_platform_reports"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."keep_platform_reports"() FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."keep_platform_reports"() TO "postgres";

REVOKE ALL ON FUNCTION "private"."platform_message"(integer) FROM "jobs";

GRANT EXECUTE ON FUNCTION "private"."platform_message"(integer) TO "jobs";

REVOKE ALL ON FUNCTION "private"."totals_before"(date) FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."totals_before"(date) FROM "postgres";

GRANT EXECUTE ON FUNCTION "private"."totals_before"(date) TO "postgres";
update private.status_transitions kept
set actors = given.actors
from jsonb_populate_record(null::private.status_transitions, '{"entity": "refund", "from_status": "new", "to_status": "pending", "actors": ["user", "service", "job", "studio"]}') given
where kept.entity = given.entity and kept.from_status = given.from_status and kept.to_status = given.to_status;
