-- What follows when somebody withdraws from a subscription.
-- Definer: whoever withdraws may not write messages.
create function private.on_subscription_withdrawn()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
begin
    perform private.tell_of_withdrawn_subscription(new);
    return null;
end;
$$;

create trigger on_subscription_withdrawn
    after update of withdrawn_at on public.subscriptions
    for each row
    when (old.withdrawn_at is null and new.withdrawn_at is not null)
    execute function private.on_subscription_withdrawn();
