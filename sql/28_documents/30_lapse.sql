-- Whether a kind of document that was verified once has lapsed, and none replaces it. Asked for each instructor that is listed or booked.
create function private.has_lapsed_document(p_instructor_id uuid)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return exists (
        select
        from public.instructor_documents document
        join public.instructors instructor on instructor.org_id = document.org_id and instructor.id = document.instructor_id
        where document.instructor_id = p_instructor_id
            and document.is_verified
        group by document.kind
        having max(coalesce(document.expires_on, 'infinity')) < max((private.clock() at time zone instructor.time_zone)::date)
    );
end;
$$;

-- Whether lessons of an instructor can be booked at all: active, verified, and no document has lapsed.
create function private.is_bookable_instructor(p_instructor public.instructors)
    returns boolean
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_instructor.is_active
        and p_instructor.verification_status = 'verified'
        and not private.has_lapsed_document(p_instructor.id);
end;
$$;

-- Tells an organization and its instructors of documents that lapse within 30 days, within 7, and that have lapsed, each once, and returns
-- how many were told; of each kind the one that is valid longest counts. maintain_organization (95) calls it.
create function private.tell_of_documents(p_org_id uuid)
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    lapsing record;
    told integer := 0;
begin
    for lapsing in
        select document.org_id, document.instructor_id, document.id, document.kind, document.expires_on, due.step
        from (
            select distinct on (known.instructor_id, known.kind)
                known.*, (private.clock() at time zone instructor.time_zone)::date as today
            from public.instructor_documents known
            join public.instructors instructor
                on instructor.org_id = known.org_id
                and instructor.id = known.instructor_id
                and instructor.is_active
            where known.org_id = p_org_id
                and known.is_verified
            order by known.instructor_id, known.kind, coalesce(known.expires_on, 'infinity') desc, known.id
        ) document
        cross join lateral (
            select case
                when document.expires_on < document.today then 'lapsed'
                when document.expires_on < document.today + 7 then '7'
                when document.expires_on < document.today + 30 then '30'
            end as step
        ) due
        where due.step is not null
            and not exists (
                select
                from public.alerts alert
                where alert.org_id = document.org_id
                    and alert.idempotency_key = format('document:%s:%s', document.id, due.step)
            )
        order by document.id
    loop
        perform private.raise_alert(
            lapsing.org_id, lapsing.instructor_id,
            case lapsing.step when 'lapsed' then 'document_lapsed' else 'document_expiring' end,
            format(
                case lapsing.step
                    when 'lapsed' then 'A document (%s) was valid until %s: nothing can be booked until another one is verified.'
                    else 'A document (%s) is valid until %s. Add the next one before, so that lessons can be booked after it.'
                end,
                lapsing.kind, lapsing.expires_on
            ),
            'instructor_documents', lapsing.id, format('document:%s:%s', lapsing.id, lapsing.step)
        );
        told := told + 1;
    end loop;
    return told;
end;
$$;
