-- The statement of a payout for its payee, the instructors whose lessons are in it, and the organization's admins; each
-- instructor sees the lines of their own. Definer: learners' names come as initials only.
create function private.payout_statement(p_payout_id uuid)
    returns table (
        line bigint,
        payout_date date,
        instructor text,
        kind public.earning_kind,
        booking_id uuid,
        lesson_at timestamptz,
        service text,
        learner_initials text,
        amount_cents bigint,
        currency text
    )
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    perform private.require_person();
    if not exists (
        select
        from public.payouts payout
        where payout.id = p_payout_id
            and (
                payout.instructor_id = any (private.my_instructor_ids())
                or payout.org_id = any (private.my_admin_org_ids())
            )
    ) then
        perform private.refuse(
            'PT404', 'payout_not_found',
            'You have no such payout.',
            'Check the id.'
        );
    end if;
    return query select * from private.statement_lines(p_payout_id);
end;
$$;
