create view private.frozen_earnings_have_a_cause
    with (security_invoker = true)
as
select jsonb_build_object('earning_id', earning.id) as detail
from public.earnings earning
where earning.status = 'frozen'
    and not private.has_freezing_cause(earning);

comment on view private.frozen_earnings_have_a_cause is
    'Nothing stays frozen without a dispute or a complaint that is open.';
