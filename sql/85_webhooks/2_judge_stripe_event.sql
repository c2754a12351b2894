-- Applies an event, or parks it: one of another mode is not for us, one of another API version may mean something else,
-- and one that breaks a rule must not be lost, nor come back for ever. Trouble that passes is raised, so that Stripe retries.
create function private.judge_stripe_event(
    p_event private.webhook_events,
    p_payload text,
    p_expected_livemode boolean,
    p_expected_api_version text
)
    returns private.stripe_outcome
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    if p_event.livemode is distinct from p_expected_livemode then
        return row('ignored', 'livemode_differs')::private.stripe_outcome;
    end if;
    if p_event.api_version is distinct from p_expected_api_version then
        return row('parked', 'api_version_differs')::private.stripe_outcome;
    end if;
    if not pg_input_is_valid(p_payload, 'jsonb') then
        return row('parked', 'body_is_no_jsonb')::private.stripe_outcome;
    end if;
    return private.apply_stripe_event(p_event, p_payload::jsonb #> '{data,object}');
exception
    when others then
        if sqlstate ~ '^(08|40|53|55|57|58)' then
            raise;
        end if;
        return row('parked', left(format('%s %s', sqlstate, sqlerrm), 500))::private.stripe_outcome;
end;
$$;
