-- Why an account is not ready, in a word that the payee may see; whatever suspicion Stripe has is not in it.
create function private.connect_status_reason(p_account jsonb, p_status public.connect_status)
    returns text
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case p_status
        when 'incomplete' then case
            when (p_account -> 'details_submitted')::boolean then 'more_information_needed'
            else 'onboarding_not_finished'
        end
        when 'under_review' then 'being_reviewed'
        when 'paused' then 'contact_support'
        when 'disconnected' then 'disconnected_by_owner'
    end;
$$;
