-- Trigger of every table with a status: allows only the changes listed in private.status_transitions, and only to the actors
-- listed there. It binds every writer, including Studio and the service key. The trigger's argument is the entity's name.
-- Definer: writers may not read status_transitions.
create function private.enforce_status_transition()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    old_status text := 'new';
begin
    if tg_op = 'UPDATE' then
        if old.status = new.status then
            return new;
        end if;
        old_status := old.status::text;
    end if;

    if not exists (
        select
        from private.status_transitions transition
        where transition.entity = tg_argv[0]
            and transition.from_status = old_status
            and transition.to_status = new.status::text
            and private.actor_kind() = any (transition.actors)
    ) then
        perform private.refuse(
            'PT409', 'illegal_transition',
            format('A %s cannot go from %s to %s this way.', tg_argv[0], old_status, new.status),
            format('Reload the row: it may have moved on. For this step call %s.', private.function_of_step(tg_argv[0], new.status::text))
        );
    end if;
    return new;
end;
$$;

-- The function that is made for a step, by name, for who tries to take it by editing a row. What Stripe decides comes as an event.
create function private.function_of_step(p_entity text, p_to_status text)
    returns text
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
    select case p_entity
        when 'booking' then case p_to_status
            when 'confirmed' then 'confirm_booking, or record_payment_outside'
            when 'declined' then 'decline_booking'
            when 'in_progress' then 'start_lesson'
            when 'completed' then 'complete_lesson'
            when 'no_show' then 'mark_no_show'
            when 'cancelled' then 'cancel_booking'
            else 'create_booking_with_payment, or request_booking'
        end
        when 'lesson_claim' then case p_to_status when 'withdrawn' then 'withdraw_claim' when 'open' then 'mark_no_show' else 'decide_claim' end
        when 'payment' then 'admin_refund to give money back; Stripe''s events say the rest, and admin_replay_event applies them again'
        when 'refund' then 'admin_refund, or decide_refund for one that is asked for'
        when 'dispute' then 'nothing: Stripe decides, and admin_replay_event applies its events again'
        when 'credit' then 'buy_credits, or refund_credits'
        when 'payout' then case p_to_status
            when 'held' then 'admin_hold_payout'
            when 'pending' then 'admin_release_payout'
            when 'paid' then 'admin_adopt_transfer'
            else 'admin_cancel_payout'
        end
        when 'message' then 'admin_resend_message'
        else 'the function made for it'
    end;
$$;

-- Who is acting in this transaction. The two services are recognized by their login, so that no claims they might set can
-- turn them into a person; everybody else by the verified claims of the Data API. A session without claims is Studio, unless the database's
-- own administrator says that it runs a job, as deploy/pg_cron.sql does.
create function private.actor_kind()
    returns private.actor_kind
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return case
        when session_user = 'webhook_service' then 'service'
        when session_user = 'jobs' then 'job'
        when auth.jwt() ->> 'role' = 'service_role' then 'service'
        when auth.jwt() ->> 'role' is not null then 'user'
        when session_user = 'postgres' and current_setting('lplate.is_job', true) = 'on' then 'job'
        else 'studio'
    end::private.actor_kind;
end;
$$;
