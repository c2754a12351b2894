-- The payments that have not ended, apart from the others, so that no index of payments names a status: looked up by reuse_open_payment
-- (20_open.sql), and worked off by void_ageing_authorizations (64_cancellations).
create table private.open_payments (
    org_id uuid not null,
    payment_id uuid not null,
    order_id uuid,
    primary key (org_id, payment_id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, order_id) references public.orders (org_id, id) on delete restrict,
    constraint one_open_payment_an_order unique (order_id, org_id)
);

comment on table private.open_payments is 'Every payment that has neither succeeded nor been cancelled. Kept by a trigger of payments.';
comment on column private.open_payments.order_id is
    'The order that waits for it; null once it has paid for something, or another has taken its place. An order waits for one payment.';

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
        insert into private.open_payments as kept (org_id, payment_id, order_id)
        values (new.org_id, new.id, case when not (new.is_accepted or new.is_replaced) then new.order_id end)
        on conflict (org_id, payment_id) do update
            set order_id = excluded.order_id
            where kept.order_id is distinct from excluded.order_id;
    end if;
    return null;
end;
$$;

create trigger keep_open_payments
    after insert or update of status, is_accepted, is_replaced on public.payments
    for each row execute function private.keep_open_payments();
