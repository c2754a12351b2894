-- A payout and its lines as one document, to be rendered; dates and times are the organization's own.
-- Definer: the jobs have no access to the tables.
create function private.statement_of_payout(p_payout_id uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    statement jsonb;
begin
    select jsonb_build_object(
        'payout_id', payout.id,
        'organization', organization.name,
        'tax_id', organization.tax_id,
        'time_zone', organization.time_zone,
        'payee', coalesce(instructor.display_name, organization.name),
        'schedule', run.schedule,
        'payout_date', payout.payout_date,
        'cutoff_at', to_char(run.cutoff_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI'),
        'paid_on', (payout.paid_at at time zone organization.time_zone)::date,
        'status', payout.status,
        'stripe_transfer_id', payout.stripe_transfer_id,
        'currency', payout.currency,
        'minor_digits', currency.minor_digits,
        'amount_cents', payout.amount_cents,
        'reversed_cents', payout.reversed_cents,
        'lines', (
            select coalesce(
                jsonb_agg(
                    to_jsonb(statement_line) || jsonb_build_object(
                        'lesson_at',
                        to_char(statement_line.lesson_at at time zone organization.time_zone, 'YYYY-MM-DD HH24:MI')
                    )
                    order by statement_line.line
                ),
                '[]'
            )
            from private.statement_lines(payout.id) statement_line
        )
    )
    into statement
    from public.payouts payout
    join public.payout_runs run on run.id = payout.run_id
    join public.organizations organization on organization.id = payout.org_id
    left join private.currencies currency on currency.code = payout.currency
    left join public.instructors instructor on instructor.id = payout.instructor_id
    where payout.id = p_payout_id;

    if statement is null then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'There is no such payout.',
            'Check the id.'
        );
    end if;
    return statement;
end;
$$;
