-- What the webhook service needs to make or fetch the Stripe account of an instructor, for the instructor or an admin of
-- the school, whose token it has verified. Asked again, it answers with the same account and the same key.
-- Definer: the service has no access to the tables.
create function private.open_connect_account(p_user_id uuid, p_instructor_id uuid)
    returns table (
        connect_account_id uuid,
        stripe_account_id text,
        idempotency_key text,
        country text,
        email text,
        metadata jsonb
    )
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    instructor public.instructors;
    account public.stripe_connect_accounts;
begin
    select candidate.* into instructor
    from public.instructors candidate
    where candidate.user_id = p_user_id
        and candidate.id = coalesce(p_instructor_id, candidate.id)
        and candidate.org_id = case when p_instructor_id is null then private.marketplace_id() else candidate.org_id end
    for no key update;

    if not found then
        perform private.refuse(
            'PT404', 'not_an_instructor',
            'You are not this instructor.',
            'Call become_instructor first, or leave the instructor out for yourself.'
        );
    end if;
    perform set_config('lplate.acting_user', p_user_id::text, true);

    insert into public.stripe_connect_accounts (org_id, instructor_id)
    values (instructor.org_id, instructor.id)
    on conflict do nothing;

    select live.* into strict account
    from public.stripe_connect_accounts live
    where live.instructor_id = instructor.id
        and live.retired_at is null;

    return query
    select
        account.id,
        account.stripe_account_id,
        'connect_account:' || account.id,
        account.country,
        profile.email,
        jsonb_build_object('connect_account_id', account.id, 'org_id', account.org_id)
    from public.profiles profile
    where profile.id = p_user_id;
end;
$$;
