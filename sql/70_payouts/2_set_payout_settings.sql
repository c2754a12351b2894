-- How an instructor is paid: the schedule and the minimum are the instructor's to set, who is paid the school's. Null leaves
-- a setting as it is; what is earned already goes to whom it was earned for.
-- Definer: settings of money change only through functions.
create function private.set_payout_settings(
    p_instructor_id uuid,
    p_payout_schedule public.payout_schedule,
    p_minimum_payout_cents bigint,
    p_payee public.payee_kind
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    instructor public.instructors;
    broken_rule text;
begin
    perform private.require_person();
    select * into instructor
    from public.instructors
    where id = p_instructor_id
        and (id = any (private.my_instructor_ids()) or org_id = any (private.my_admin_org_ids()));
    if not found then
        perform private.refuse(
            'PT404', 'instructor_not_found',
            'There is no such instructor whose payouts you may set.',
            'Check the id.'
        );
    end if;
    if p_payee is not null and not instructor.org_id = any (private.my_admin_org_ids()) then
        perform private.refuse(
            '42501', 'payee_is_the_schools_choice',
            'Who is paid is for the school to decide.',
            'Ask an admin of the school.'
        );
    end if;

    update public.instructor_details
    set payout_schedule = coalesce(p_payout_schedule, payout_schedule),
        minimum_payout_cents = coalesce(p_minimum_payout_cents, minimum_payout_cents),
        payee = coalesce(p_payee, payee)
    where instructor_id = p_instructor_id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;
