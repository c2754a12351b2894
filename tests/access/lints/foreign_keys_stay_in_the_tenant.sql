-- Between two tables with an org_id a foreign key includes it, so that no row points into another organization; unless what it
-- points to may be of none.
-- plant: alter table public.lessons add foreign key (learner_id) references public.learners (id)
-- plant: alter table private.payout_attempts add foreign key (payout_id) references public.payouts (id)
-- plant: alter table public.payouts add column payment_id uuid references public.payments (id)
select format('%s: %s', foreign_key.conrelid::regclass, foreign_key.conname)
from pg_constraint foreign_key
join pg_attribute own on own.attrelid = foreign_key.conrelid and own.attname = 'org_id'
join pg_attribute other on other.attrelid = foreign_key.confrelid and other.attname = 'org_id'
where foreign_key.contype = 'f'
    and other.attnotnull
    and foreign_key.connamespace in ('public'::regnamespace, 'private'::regnamespace)
    and coalesce(array_position(foreign_key.conkey, own.attnum), 0)
    is distinct from array_position(foreign_key.confkey, other.attnum);
