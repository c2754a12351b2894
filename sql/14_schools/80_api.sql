create function public.create_organization(
    p_name text,
    p_time_zone text,
    p_currency text,
    p_slug text default null,
    p_tax_id text default null
)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.create_organization(p_name, p_slug, p_time_zone, p_currency, p_tax_id);

comment on function public.create_organization is
    'Founds a school, makes the caller its owner, and returns its id. p_time_zone is an IANA name, p_currency an ISO code, p_slug '
    'defaults to the name. Errors: sign_in_required, unknown_currency, slug_taken, too_many_organizations, value_missing, and the rules of '
    'public.organizations.';

create function public.update_organization(
    p_org_id uuid,
    p_name text default null,
    p_tax_id text default null,
    p_time_zone text default null,
    p_currency text default null,
    p_payout_weekday integer default null,
    p_minimum_payout_cents bigint default null,
    p_checkout_hold_minutes integer default null,
    p_max_open_holds integer default null,
    p_labels jsonb default null,
    p_credit_validity_months integer default null,
    p_forfeits_expired_hours boolean default null,
    p_requires_second_factor boolean default null,
    p_max_held_lessons integer default null,
    p_refunds_resold_times boolean default null,
    p_reminder_minutes integer[] default null,
    p_completion_grace interval default null,
    p_max_lessons_paid_later integer default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.update_organization(
    p_org_id, p_name, p_tax_id, p_time_zone, p_currency, p_payout_weekday, p_minimum_payout_cents,
    p_checkout_hold_minutes, p_max_open_holds, p_labels, p_credit_validity_months, p_forfeits_expired_hours,
    p_requires_second_factor, p_max_held_lessons, p_refunds_resold_times, p_reminder_minutes, p_completion_grace,
    p_max_lessons_paid_later
);

comment on function public.update_organization is
    'Changes a school''s own settings; null leaves one as it is. For the school''s admins. Existing bookings and payments keep the '
    'settings that they were made with. p_payout_weekday: 0 is Sunday; p_credit_validity_months: 0 means no expiry; '
    'p_forfeits_expired_hours: the instructor earns hours that expire, which are refunded otherwise; '
    'p_requires_second_factor: whether changing where money goes needs one, for owners; p_max_open_holds and p_max_held_lessons: how many '
    'orders and lessons a person may have unpaid at once; p_refunds_resold_times: what is kept of a late cancellation goes back when '
    'somebody else pays for that time; p_reminder_minutes: how long before a lesson its reminders are sent, at most two, also of '
    'lessons that are booked already; '
    'p_completion_grace: how long after its end a lesson is completed by itself; p_max_lessons_paid_later: how many lessons ahead a person '
    'may have that are charged two days before each, 0: none is sold so. Errors: sign_in_required, '
    'organization_not_found, role_above_yours, second_factor_required, unknown_currency, value_out_of_range, and the rules of public.organizations.';

create function public.admin_set_terms(
    p_org_id uuid,
    p_reason text,
    p_fee_mode public.fee_mode default null,
    p_fee_bps integer default null,
    p_payout_hold interval default null,
    p_fee_refundable boolean default null,
    p_dispute_liability public.dispute_liability default null,
    p_referral_discount_bps integer default null,
    p_referral_reward_cents bigint default null,
    p_withdrawal_mode public.withdrawal_mode default null,
    p_supply_model public.supply_model default null
)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.admin_set_terms(
    p_org_id, p_reason, p_fee_mode, p_fee_bps, p_payout_hold, p_fee_refundable, p_dispute_liability,
    p_referral_discount_bps, p_referral_reward_cents, p_withdrawal_mode, p_supply_model
);

comment on function public.admin_set_terms is
    'Sets the platform''s terms with an organization: fee, payout hold, who bears refunded fees and lost disputes, referrals, who sells the '
    'lessons (supply_model, which counts for what is ordered from then on); null leaves a term as it is. Platform admins only. '
    'Errors: not_an_admin, reason_required, organization_not_found, and the rules of public.organizations.';

create function public.list_members(
    p_org_id uuid,
    p_role public.org_role default null,
    p_limit integer default 50,
    p_after uuid default null
)
    returns table (user_id uuid, full_name text, email text, roles public.org_role[])
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select member.user_id, member.full_name, member.email, member.roles
    from private.list_members(p_org_id, p_role, p_limit, p_after) member;
end;

comment on function public.list_members is
    'The members of a school, one row a person, with one role or any. For the school''s admins. In pages of at most 200; p_after is '
    'the last user_id of the previous page. Errors: sign_in_required, organization_not_found.';

create function public.set_instructor_active(p_instructor_id uuid, p_is_active boolean)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.set_instructor_active(p_instructor_id, p_is_active);

comment on function public.set_instructor_active is
    'Activates or deactivates an instructor; existing bookings stay. For the school''s admins. '
    'Errors: sign_in_required, value_missing, instructor_not_found, instructor_has_left.';

create function public.invite_member(
    p_org_id uuid,
    p_email text,
    p_role public.org_role,
    p_instructor_id uuid default null,
    p_learner_id uuid default null
)
    returns table (invitation_id uuid, token text, expires_at timestamptz)
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
begin atomic
    select invited.invitation_id, invited.token, invited.expires_at
    from private.invite_member(p_org_id, p_email, p_role, p_instructor_id, p_learner_id) invited;
end;

comment on function public.invite_member is
    'Offers a role to an address and returns the token, this once, to be sent there. Valid for seven days, and while the inviter may '
    'assign the role. For the school''s admins. p_instructor_id or p_learner_id: the added instructor or learner, still without a '
    'login, whom the invited person will be. '
    'Errors: sign_in_required, organization_not_found, value_missing, role_above_yours, instructor_not_found, learner_not_found, '
    'too_many_invitations, and the '
    'rules of public.invitations.';

create function public.accept_invitation(p_token text)
    returns uuid
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.accept_invitation(p_token);

comment on function public.accept_invitation is
    'Accepts an invitation to the caller''s verified address and returns the organization''s id. Errors: sign_in_required, '
    'invitation_not_found, invitation_for_another, invitation_used, invitation_expired, login_is_linked, own_guardian, calendar_changed, '
    'too_many_organizations.';

create function public.revoke_invitation(p_invitation_id uuid)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.revoke_invitation(p_invitation_id);

comment on function public.revoke_invitation is
    'Withdraws an open invitation. For the school''s admins. Errors: sign_in_required, invitation_not_found.';

create function public.add_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.add_member_role(p_org_id, p_user_id, p_role);

comment on function public.add_member_role is
    'Makes a member an owner or admin as well. For owners. Errors: sign_in_required, organization_not_found, value_missing, '
    'role_above_yours, invitation_needed, too_many_organizations.';

create function public.remove_member_role(p_org_id uuid, p_user_id uuid, p_role public.org_role)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
return private.remove_member_role(p_org_id, p_user_id, p_role);

comment on function public.remove_member_role is
    'Removes a role: one''s own, or another member''s if the caller may assign that role. Errors: sign_in_required, organization_not_found, '
    'value_missing, role_above_yours, member_not_found, last_owner.';

create function public.find_organization(p_slug text)
    returns table (id uuid, name text, slug text, time_zone text, currency text, labels jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select found.id, found.name, found.slug, found.time_zone, found.currency, found.labels
    from private.find_organization(p_slug) found;
end;

comment on function public.find_organization is
    'What a school''s page shows about the organization, by its slug; also for visitors. No row if there is no such slug.';
