create view private.only_lost_disputes_cost_anything
    with (security_invoker = true)
as
select jsonb_build_object('dispute_id', dispute.id, 'lost_cents', dispute.lost_cents) as detail
from public.disputes dispute
where dispute.lost_cents > case when private.is_dispute_lost(dispute.status) then greatest(dispute.withdrawn_cents, 0) else 0 end;

comment on view private.only_lost_disputes_cost_anything is
    'A dispute has cost nothing unless it was lost, and then at most what was withdrawn.';
