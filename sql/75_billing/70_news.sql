-- Whether what Stripe says of an object is its latest news, which it remembers then. Stripe dates events in whole seconds: of different
-- news of one second the furthest along counts (p_rank), until a fetch has settled which was the last. A fetched object counts unless
-- there is later news.
create function private.is_news(p_object jsonb, p_occurred_at timestamptz, p_rank integer, p_is_fetched boolean)
    returns boolean
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    told constant private.stripe_news := row(p_object ->> 'id', private.platform_id(), p_occurred_at, p_rank, md5(p_object::text));
    known private.stripe_news;
begin
    insert into private.stripe_news (stripe_id, org_id, occurred_at, rank, digest)
    values (told.stripe_id, told.org_id, told.occurred_at, told.rank, told.digest)
    on conflict (org_id, stripe_id) do nothing;
    if found then
        return true;
    end if;

    select * into strict known from private.stripe_news where org_id = told.org_id and stripe_id = told.stripe_id for no key update;
    if not p_is_fetched and told.occurred_at = known.occurred_at and told.digest <> known.digest then
        perform private.fetch_billing_object(p_object ->> 'object', told.stripe_id, told.occurred_at);
    end if;
    if told.occurred_at < known.occurred_at
        or not p_is_fetched and (told.occurred_at, told.rank, told.digest) <= (known.occurred_at, known.rank, known.digest)
    then
        return false;
    end if;
    update private.stripe_news
    set occurred_at = told.occurred_at,
        rank = told.rank,
        digest = told.digest
    where org_id = told.org_id
        and stripe_id = told.stripe_id;
    return true;
end;
$$;

-- Queues a look at an object whose latest news are of one second, so that only Stripe knows which was the last. The answer counts as of
-- that second: whatever is later stays.
create function private.fetch_billing_object(p_kind text, p_stripe_id text, p_settles_at timestamptz)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.enqueue_command(
        private.platform_id(),
        'fetch_billing_object',
        format('%s:fetch:%s:%s', p_stripe_id, extract(epoch from p_settles_at), extract(epoch from private.clock())),
        jsonb_build_object('kind', p_kind, 'id', p_stripe_id, 'settles_at', p_settles_at),
        p_stripe_id
    );
$$;

-- Forgets the latest news of objects of which nothing was told for 90 days, and returns of how many: Stripe keeps its events for 30 days, so
-- that older news than those can come no more. Maintenance calls it.
create function private.remove_old_news()
    returns integer
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    removed integer;
begin
    delete from private.stripe_news
    where org_id = private.platform_id()
        and occurred_at < private.clock() - interval '90 days';
    get diagnostics removed = row_count;
    return removed;
end;
$$;
