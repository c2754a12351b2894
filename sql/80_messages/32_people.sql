-- Turns an alert into messages for those whom it addresses; the admins are told of what is theirs to do. 82_effects calls it for every
-- alert that is raised.
create function private.tell_of_alert(p_alert public.alerts)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    kind private.message_kinds;
begin
    select * into kind from private.message_kinds known where known.key = private.kind_of_alert(p_alert.code);
    if not found then
        return;
    end if;
    if p_alert.learner_id is not null then
        perform private.queue_messages(
            p_alert.org_id, kind.key, private.learner_side(p_alert.learner_id), p_alert.learner_id, 'alerts', p_alert.id
        );
    end if;
    if p_alert.instructor_id is not null then
        perform private.queue_messages(
            p_alert.org_id, kind.key, private.alerted_side(p_alert, kind.key), null, 'alerts', p_alert.id
        );
    end if;
    if kind.tells_admins or num_nonnulls(p_alert.learner_id, p_alert.instructor_id) = 0 then
        perform private.queue_messages(p_alert.org_id, kind.key, private.admins_of(p_alert.org_id), null, 'alerts', p_alert.id);
    end if;
end;
$$;

-- The kind of message that an alert becomes; null: its booking tells it already.
create function private.kind_of_alert(p_code text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case
        when p_code in ('lesson_cancelled', 'time_offered') then null
        when p_code in ('move_proposed', 'lesson_reassigned', 'no_show_claimed', 'no_show_settled', 'payout_held') then p_code
        when p_code in ('payout_cancelled', 'payout_reversed', 'payout_corrected', 'bank_payout_failed') then 'payout_changed'
        when p_code in ('account_disconnected', 'account_retired', 'account_replaced', 'payee_changed') then 'account_changed'
        when p_code like 'dispute\_%' then 'dispute_opened'
        else 'attention'
    end;
$$;

-- Tells the instructor's side, the learner's and the admins that a problem with a lesson was reported, and how it was decided. 82_effects
-- calls it.
create function private.tell_of_problem(p_report public.problem_reports)
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
declare
    kind constant text := case when p_report.resolved_at is null then 'problem_reported' else 'problem_decided' end;
    version constant text := coalesce(p_report.resolved_at::text, '');
begin
    perform private.queue_messages(
        p_report.org_id, kind,
        private.instructor_side(p_report.org_id, p_report.instructor_id) || private.admins_of(p_report.org_id), null,
        'problem_reports', p_report.id, version
    );
    perform private.queue_messages(
        p_report.org_id, kind, private.learner_side(p_report.learner_id), p_report.learner_id,
        'problem_reports', p_report.id, version
    );
end;
$$;

-- Tells an invited address that it is invited. The link with the token is the inviter's to send. 82_effects calls it.
create function private.tell_of_invitation(p_invitation public.invitations)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_for_address(p_invitation.org_id, 'invitation', 'email', p_invitation.email, 'invitations', p_invitation.id);
$$;

-- Asks the address to which a guardianship is offered for consent. 82_effects calls it.
create function private.tell_of_guardianship(p_link public.learner_guardians)
    returns void
    language sql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
    select private.queue_for_address(
        p_link.org_id, 'guardian_consent_wanted', 'email', p_link.guardian_email, 'learner_guardians', p_link.id
    );
$$;
