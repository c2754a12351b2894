-- Hours that the school owes a learner because they were paid before, elsewhere: a lot whose price is nothing. The platform never had the
-- money, so nothing is posted, no fee is taken, the lessons earn nothing here, and nothing can be refunded through the platform: what the
-- hours cost, the school has, and gives back if it must. They do not expire.
create function private.import_hours(p_org_id uuid, p_cells jsonb)
    returns uuid
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    learner constant public.learners := private.learner_of_line(p_org_id, p_cells);
    instructor constant public.instructors := private.instructor_of_line(p_org_id, p_cells);
    service public.services;
    credit public.learner_credits;
begin
    if not pg_input_is_valid(p_cells ->> 'hours', 'numeric') then
        perform private.refuse_cell('hours', 'That is no number of hours. Write it as 10 or 1.5.');
    end if;
    if p_cells ->> 'service' is not null then
        service := private.service_of_line(instructor, p_cells);
    end if;

    insert into public.learner_credits (
        org_id, learner_id, instructor_id, service_id, currency, minutes_purchased, price_cents, discount_cents, platform_fee_cents,
        instructor_share_cents, total_cents, fee_mode, fee_bps, is_fee_refundable, hold_expires_at
    )
    select
        p_org_id, learner.id, instructor.id, service.id, coalesce(service.currency, instructor.currency),
        private.require_credit_minutes((p_cells ->> 'hours')::numeric, service),
        0, 0, 0, 0, 0, organization.fee_mode, 0, true, private.clock()
    from public.organizations organization
    where organization.id = p_org_id
    returning * into credit;
    perform private.add_credit_item(
        private.place_order(credit.org_id, credit.learner_id, credit.instructor_id, credit.currency), credit
    );
    update public.order_items set is_paid = true where org_id = credit.org_id and credit_id = credit.id;
    perform private.activate_credit(credit.id);
    update public.learner_credits set expires_at = null where org_id = credit.org_id and id = credit.id;
    return credit.id;
end;
$$;
