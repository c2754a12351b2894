-- Founds a school with the caller as its owner. The platform's fee keeps its default; only admin_set_terms changes it.
-- Definer: nobody inserts organizations or memberships directly.
create function private.create_organization(
    p_name text,
    p_slug text,
    p_time_zone text,
    p_currency text,
    p_tax_id text
)
    returns uuid
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    person uuid := private.require_person();
    new_org_id uuid;
    broken_rule text;
    missing_column text;
begin
    insert into public.organizations (name, slug, time_zone, currency, tax_id)
    values (
        trim(p_name),
        coalesce(p_slug, nullif(private.slug_of(p_name), ''), 'school-' || left(gen_random_uuid()::text, 8)),
        p_time_zone,
        private.require_currency(p_currency),
        p_tax_id
    )
    on conflict do nothing
    returning id into new_org_id;

    if new_org_id is null then
        perform private.refuse(
            'PT409', 'slug_taken',
            'There is an organization with that slug already.',
            'Choose another p_slug.'
        );
    end if;

    insert into public.organization_members (org_id, user_id, role) values (new_org_id, person, 'owner');
    return new_org_id;
exception
    when check_violation or not_null_violation then
        get stacked diagnostics broken_rule = constraint_name, missing_column = column_name;
        perform private.refuse_violation(broken_rule, missing_column);
        return null;
end;
$$;

-- Nobody owns more than ten organizations, however they came to them: a school is cheap to found, and each may have settings,
-- people and offers of its own. The person's profile is locked, so that two schools founded at once are counted one by one.
-- Definer: the writer may not see where else the person is an owner.
create function private.limit_ownership()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    max_organizations constant integer := 10;
begin
    perform from public.profiles where id = new.user_id for no key update;
    if (
        select count(*)
        from public.organization_members member
        where member.user_id = new.user_id
            and member.role = 'owner'
    ) >= max_organizations then
        perform private.refuse(
            'PT409', 'too_many_organizations',
            format('A person can own %s organizations.', max_organizations),
            'Make somebody else the owner of one of them first.'
        );
    end if;
    return new;
end;
$$;

create trigger limit_ownership
    before insert on public.organization_members
    for each row
    when (new.role = 'owner')
    execute function private.limit_ownership();

-- A name turned into a slug: lower case, with hyphens for everything but a-z and 0-9, at most 80 characters.
create function private.slug_of(p_name text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select trim(both '-' from left(regexp_replace(lower(p_name), '[^a-z0-9]+', '-', 'g'), 80));
$$;

-- Changes the settings that a school decides about; null leaves a setting as it is. Existing bookings and payments keep the
-- settings that they were made with. Whether a second factor is asked for is the owners' choice. Definer: the settings decide about
-- money, so nobody updates organizations directly.
create function private.update_organization(
    p_org_id uuid,
    p_name text,
    p_tax_id text,
    p_time_zone text,
    p_currency text,
    p_payout_weekday integer,
    p_minimum_payout_cents bigint,
    p_checkout_hold_minutes integer,
    p_max_open_holds integer,
    p_labels jsonb,
    p_credit_validity_months integer,
    p_forfeits_expired_hours boolean,
    p_requires_second_factor boolean,
    p_max_held_lessons integer,
    p_refunds_resold_times boolean,
    p_reminder_minutes integer[],
    p_completion_grace interval,
    p_max_lessons_paid_later integer
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
begin
    perform private.require_org_admin(p_org_id);
    if p_requires_second_factor is not null then
        perform private.assert_can_assign_role(p_org_id, 'owner');
        perform private.assert_second_factor(p_org_id);
    end if;

    update public.organizations
    set name = coalesce(trim(p_name), name),
        tax_id = coalesce(p_tax_id, tax_id),
        time_zone = coalesce(p_time_zone, time_zone),
        currency = private.require_currency(coalesce(p_currency, currency)),
        payout_weekday = coalesce(p_payout_weekday, payout_weekday),
        minimum_payout_cents = coalesce(p_minimum_payout_cents, minimum_payout_cents),
        checkout_hold_minutes = coalesce(p_checkout_hold_minutes, checkout_hold_minutes),
        max_open_holds = coalesce(p_max_open_holds, max_open_holds),
        max_held_lessons = coalesce(p_max_held_lessons, max_held_lessons),
        max_lessons_paid_later = coalesce(p_max_lessons_paid_later, max_lessons_paid_later),
        labels = coalesce(p_labels, labels),
        credit_validity_months = nullif(coalesce(p_credit_validity_months, credit_validity_months), 0),
        forfeits_expired_hours = coalesce(p_forfeits_expired_hours, forfeits_expired_hours),
        requires_second_factor = coalesce(p_requires_second_factor, requires_second_factor),
        refunds_resold_times = coalesce(p_refunds_resold_times, refunds_resold_times),
        reminder_minutes = coalesce(p_reminder_minutes, reminder_minutes),
        completion_grace = coalesce(p_completion_grace, completion_grace)
    where id = p_org_id;
exception
    when check_violation or numeric_value_out_of_range then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Sets the terms between the platform and an organization: the fee, the payout hold, who bears refunded fees and lost disputes,
-- referrals, who sells the lessons; null leaves a term as it is. Platform admins only. Definer: nobody updates organizations directly.
create function private.admin_set_terms(
    p_org_id uuid,
    p_reason text,
    p_fee_mode public.fee_mode,
    p_fee_bps integer,
    p_payout_hold interval,
    p_fee_refundable boolean,
    p_dispute_liability public.dispute_liability,
    p_referral_discount_bps integer,
    p_referral_reward_cents bigint,
    p_withdrawal_mode public.withdrawal_mode,
    p_supply_model public.supply_model
)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    broken_rule text;
begin
    perform private.require_platform_admin(p_reason);

    update public.organizations
    set fee_mode = coalesce(p_fee_mode, fee_mode),
        fee_bps = coalesce(p_fee_bps, fee_bps),
        payout_hold = coalesce(p_payout_hold, payout_hold),
        fee_refundable = coalesce(p_fee_refundable, fee_refundable),
        dispute_liability = coalesce(p_dispute_liability, dispute_liability),
        referral_discount_bps = coalesce(p_referral_discount_bps, referral_discount_bps),
        referral_reward_cents = coalesce(p_referral_reward_cents, referral_reward_cents),
        withdrawal_mode = coalesce(p_withdrawal_mode, withdrawal_mode),
        supply_model = coalesce(p_supply_model, supply_model)
    where id = p_org_id
        and not is_platform;

    if not found then
        perform private.refuse(
            'PT404', 'organization_not_found',
            'There is no such organization.',
            'Check the id.'
        );
    end if;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- What everybody may know about an organization, by its slug. Definer: visitors may not read organizations.
create function private.find_organization(p_slug text)
    returns table (id uuid, name text, slug text, time_zone text, currency text, labels jsonb)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select organization.id, organization.name, organization.slug, organization.time_zone, organization.currency, organization.labels
    from public.organizations organization
    where lower(organization.slug) = lower(p_slug)
        and not organization.is_platform;
$$;
