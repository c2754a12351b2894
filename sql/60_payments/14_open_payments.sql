-- The payments that have not ended, apart from the others, so that no index of payments names a status: looked up by reuse_open_payment
-- (20_open.sql), and worked off by void_ageing_authorizations (64_cancellations).
create table private.open_payments (
    org_id uuid not null,
    payment_id uuid not null,
    order_id uuid not null,
    is_awaited boolean not null,
    primary key (org_id, payment_id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict
);

create unique index one_open_payment_an_order on private.open_payments (order_id, org_id) where is_awaited;

comment on table private.open_payments is 'Every payment that has neither succeeded nor been cancelled. Kept by a trigger of payments.';
comment on column private.open_payments.is_awaited is
    'Whether its order waits for it: it has paid for nothing yet, and no other has taken its place. An order waits for one payment.';

alter table private.open_payments enable row level security;

-- Adds a payment to the open ones, and removes it when it ends.
-- Definer: whoever writes payments may not write the open ones.
create function private.keep_open_payments()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.status in ('succeeded', 'cancelled') then
        delete from private.open_payments where org_id = new.org_id and payment_id = new.id;
    else
        insert into private.open_payments as kept (org_id, payment_id, order_id, is_awaited)
        values (new.org_id, new.id, new.order_id, not (new.is_accepted or new.is_replaced))
        on conflict (org_id, payment_id) do update
            set is_awaited = excluded.is_awaited
            where kept.is_awaited <> excluded.is_awaited;
    end if;
    return null;
end;
$$;

create trigger keep_open_payments
    after insert or update of status, is_accepted, is_replaced on public.payments
    for each row execute function private.keep_open_payments();
