-- Months of the books (UTC). A closed month gets no posting any more: what happened in it and comes to be known later is posted in the
-- first month that is open, and keeps its true date in effective_at. admin_close_month (90) closes them.

-- The first month that takes postings; -infinity until one was closed.
create function private.first_open_month()
    returns date
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return (
        select coalesce((max(closing.month_on) + interval '1 month')::date, '-infinity'::date)
        from private.month_closings closing
        where closing.reopened_at is null
    );
end;
$$;

-- The month in which something that happened then is posted. Waits while a month is being closed, so that its totals miss nothing.
create function private.posting_month(p_effective_at timestamptz)
    returns date
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform pg_advisory_xact_lock_shared('private.month_closings'::regclass::oid::bigint);
    return greatest(date_trunc('month', p_effective_at at time zone 'UTC')::date, private.first_open_month());
end;
$$;

-- Refuses postings to a closed month, whoever writes them.
-- Definer: whoever posts needs no access to the closings.
create function private.refuse_closed_month()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if exists (select from new_rows posted where posted.month_on < private.first_open_month()) then
        perform private.refuse(
            'PT409', 'month_closed',
            'That month of the books is closed.',
            'Post it in the first month that is open; effective_at keeps its true date.'
        );
    end if;
    return null;
end;
$$;

create trigger refuse_closed_month
    after insert on private.ledger_transactions
    referencing new table as new_rows
    for each statement execute function private.refuse_closed_month();
