-- What is held about a login: the person, their memberships, what they were told, and when they did what. What exactly they changed is with
-- what they changed, and may be about others.
create function private.rows_about_login(p_user_id uuid)
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.profiles', to_jsonb(profile) from public.profiles profile where profile.id = p_user_id
    union all
    select 'auth.users', to_jsonb(login)
    from (
        select account.id, account.email, account.phone, account.created_at, account.email_confirmed_at, account.last_sign_in_at
        from auth.users account
    ) login
    where login.id = p_user_id
    union all
    select 'public.organization_members', to_jsonb(member) from public.organization_members member where member.user_id = p_user_id
    union all
    select 'private.platform_admins', to_jsonb(admin) from private.platform_admins admin where admin.user_id = p_user_id
    union all
    select 'public.terms_acceptances', to_jsonb(acceptance)
    from public.terms_acceptances acceptance
    where acceptance.user_id = p_user_id
    union all
    select 'public.trip_consents', to_jsonb(consent) from public.trip_consents consent where consent.user_id = p_user_id
    union all
    select 'public.invitations', to_jsonb(invitation) - '{invited_by}'::text[]
    from public.invitations invitation
    where invitation.accepted_by = p_user_id
        or lower(invitation.email) = private.verified_email(p_user_id)
    union all
    select 'public.review_reports', to_jsonb(report) from public.review_reports report where report.reported_by = p_user_id
    union all
    select 'private.code_checks', to_jsonb(checked) from private.code_checks checked where checked.user_id = p_user_id
    union all
    select 'private.calendar_feeds', to_jsonb(feed) - '{token_hash}'::text[] from private.calendar_feeds feed where feed.user_id = p_user_id
    union all
    select 'private.phone_codes', to_jsonb(sent) - '{code}'::text[] from private.phone_codes sent where sent.user_id = p_user_id
    union all
    select 'private.message_preferences', to_jsonb(preference)
    from private.message_preferences preference
    where preference.user_id = p_user_id
    union all
    select 'public.messages', to_jsonb(message) - '{dedupe_key,claimed_by}'::text[]
    from public.messages message
    where message.recipient_id = p_user_id
    union all
    select 'public.message_contents', to_jsonb(content) - '{unsubscribe_token}'::text[]
    from public.message_contents content
    where content.recipient_id = p_user_id
        or lower(content.to_address) = private.verified_email(p_user_id)
    union all
    select 'private.message_events', to_jsonb(event) from private.events_of_person(p_user_id) event
    union all
    select 'private.suppressed_addresses', to_jsonb(suppressed)
    from private.suppressed_addresses suppressed
    where suppressed.address = any (
        array(
            select private.verified_email(p_user_id)
            union all
            select content.to_address from public.message_contents content where content.recipient_id = p_user_id
        )
    )
    union all
    select 'public.audit_logs', to_jsonb(log) - '{old_values,new_values,reason}'::text[]
    from public.audit_logs log
    where log.user_id = p_user_id;
$$;

-- Whom a person is a guardian of, and was asked to be.
create function private.rows_about_guardian(p_user_id uuid)
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.guardians', to_jsonb(guardian) from public.guardians guardian where guardian.user_id = p_user_id
    union all
    select 'public.learner_guardians', to_jsonb(link) - '{invited_by}'::text[]
    from public.learner_guardians link
    where link.guardian_id = any (array(select guardian.id from public.guardians guardian where guardian.user_id = p_user_id))
        or lower(link.guardian_email) = private.verified_email(p_user_id);
$$;

-- What a person paid themselves, for whomever, and what came back of it; and the cards that they saved, with the lessons that are to be
-- charged to them. A refund that they decided for others is the others'.
create function private.rows_of_payments_made(p_user_id uuid)
    returns table (table_name text, content jsonb)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
    select 'public.payments', to_jsonb(payment) - '{metadata}'::text[]
    from public.payments payment
    where payment.payer_id = p_user_id
    union all
    select 'public.refunds', to_jsonb(refund) - '{client_key,metadata}'::text[]
    from public.payments payment
    join public.refunds refund on refund.org_id = payment.org_id and refund.payment_id = payment.id
    where payment.payer_id = p_user_id
    union all
    select 'public.stripe_customers', to_jsonb(customer) from public.stripe_customers customer where customer.user_id = p_user_id
    union all
    select 'public.payment_methods', to_jsonb(method) from public.payment_methods method where method.user_id = p_user_id
    union all
    select 'public.setup_intents', to_jsonb(intent) from public.setup_intents intent where intent.user_id = p_user_id
    union all
    select 'private.checkout_sessions', to_jsonb(opened)
    from public.stripe_customers customer
    join private.checkout_sessions opened on opened.org_id = customer.org_id and opened.customer_id = customer.id
    where customer.user_id = p_user_id
    union all
    select 'public.subscriptions', to_jsonb(subscription)
    from public.subscriptions subscription
    where subscription.user_id = p_user_id
    union all
    select 'public.invoices', to_jsonb(invoice) from public.invoices invoice where invoice.user_id = p_user_id
    union all
    select 'public.invoice_payments', to_jsonb(paid) from public.invoice_payments paid where paid.user_id = p_user_id
    union all
    select 'public.bookings', jsonb_build_object('id', booking.id, 'collect_from', booking.collect_from, 'collect_at', booking.collect_at)
    from public.bookings booking
    where booking.collect_from = p_user_id
    union all
    select 'public.fee_invoices', to_jsonb(document) from public.fee_invoices document where document.payer_id = p_user_id;
$$;
