-- What follows when a payout was sent, or a payday passes a payee by: they are told.
-- Definer: whoever changes a payout may not write messages.
create function private.on_payout_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.status = 'paid' and old.status <> 'paid' then
        perform private.tell_of_payout(new);
    end if;
    return null;
end;
$$;

create trigger on_payout_changed
    after update of status on public.payouts
    for each row execute function private.on_payout_changed();

-- A run decides for everybody at once, so this is one call a statement. Definer: as above.
create function private.on_payouts_decided()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.tell_of_skipped_payout(decided) from decided where decided.outcome = 'skipped';
    return null;
end;
$$;

create trigger on_payouts_decided
    after insert on public.payout_run_results
    referencing new table as decided
    for each statement execute function private.on_payouts_decided();

-- Definer: whoever changes an account may not write messages.
create function private.on_connect_account_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    if new.status in ('incomplete', 'paused') and old.status = 'ready' then
        perform private.tell_of_account(new);
    end if;
    return null;
end;
$$;

create trigger on_connect_account_changed
    after update of status on public.stripe_connect_accounts
    for each row execute function private.on_connect_account_changed();
