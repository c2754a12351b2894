-- What a code takes off a lesson's price. Every wrong guess gets the same answer, whether the code does not exist, has ended or
-- is another learner's; after ten wrong guesses within an hour the caller has to wait.
-- Definer: nobody may read codes.
create function private.check_discount_code(
    p_code text,
    p_service_id uuid,
    p_instructor_id uuid,
    p_start_at timestamptz,
    p_learner_id uuid
)
    returns table (is_valid boolean, discount_cents bigint, total_cents bigint, currency text)
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    max_wrong_guesses constant integer := 10;
    person uuid := private.require_person();
    service public.services := private.require_offered_service(p_service_id, p_instructor_id);
    learner public.learners;
    price private.price;
    offer private.code_offer;
begin
    perform private.assert_time_is_plausible(p_start_at);
    learner := private.require_bookable_learner(
        case when p_learner_id is null then person end, p_learner_id, service.org_id
    );
    perform from public.profiles where id = person for no key update;
    if (
        select count(*)
        from private.code_checks earlier
        where earlier.user_id = person
            and num_nonnulls(earlier.discount_code_id, earlier.referral_code_id) = 0
            and earlier.checked_at > private.clock() - interval '1 hour'
    ) >= max_wrong_guesses then
        perform private.refuse(
            'PT429', 'too_many_guesses',
            'You have tried too many codes that cannot be used.',
            'Try again in an hour.'
        );
    end if;

    price := private.price_service(
        service.id, coalesce(p_instructor_id, service.instructor_id), coalesce(p_start_at, private.clock())
    );
    offer := private.offered_discount(
        private.find_code(p_code, service.org_id), learner, price, coalesce(p_instructor_id, service.instructor_id)
    );
    insert into private.code_checks (org_id, user_id, discount_code_id, referral_code_id)
    values (
        service.org_id,
        person,
        case offer.kind when 'discount' then offer.code_id end,
        case offer.kind when 'referral' then offer.code_id end
    );

    return query
    select
        offer.code_id is not null,
        coalesce(offer.discount_cents, 0),
        price.share_cents + price.fee_cents - coalesce(offer.discount_cents, 0),
        price.currency;
end;
$$;

-- Returns the active service if the instructor gives it. Without an instructor, only a service that has its own.
-- buy_credits uses it too.
create function private.require_offered_service(p_service_id uuid, p_instructor_id uuid)
    returns public.services
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
declare
    service public.services;
begin
    select offered.* into service
    from public.services offered
    join public.instructors instructor
        on instructor.org_id = offered.org_id
        and instructor.id = coalesce(p_instructor_id, offered.instructor_id)
    where offered.id = p_service_id
        and offered.is_active
        and instructor.id = coalesce(offered.instructor_id, instructor.id);

    if not found then
        perform private.refuse(
            'PT404', 'service_not_found',
            'This lesson is not on offer, or not by this instructor.',
            'Check the service, and name the instructor if the school offers it.'
        );
    end if;
    return service;
end;
$$;
