-- What receipts say, kept as it was when each was first asked for, so that a payment has one receipt for ever (41_receipts).
create table private.receipts (
    id uuid not null unique default gen_random_uuid(),
    org_id uuid not null,
    payment_id uuid,
    outside_payment_id uuid,
    contents jsonb not null,
    created_at timestamptz not null default private.clock(),
    primary key (org_id, id),
    unique (org_id, payment_id),
    unique (org_id, outside_payment_id),
    foreign key (org_id, payment_id) references public.payments (org_id, id) on delete restrict,
    foreign key (org_id, outside_payment_id) references public.outside_payments (org_id, id) on delete restrict,
    constraint it_is_of_one_payment check (num_nonnulls(payment_id, outside_payment_id) = 1)
);

comment on table private.receipts is
    'What the receipt of a payment says, as it was when it was first asked for. Append-only. People''s names are not kept here: they are '
    'written when it is printed, so that they go with the person.';
comment on column private.receipts.contents is
    'As receipt_contents composes it: the school, the day, what was paid for line by line, and the amounts that add up.';

alter table private.receipts enable row level security;

create trigger forbid_change
    before update or delete on private.receipts
    for each row execute function private.forbid_change();

create trigger forbid_truncate
    before truncate on private.receipts
    for each statement execute function private.forbid_change();
