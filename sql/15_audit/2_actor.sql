-- Who acts, from where and why: from the verified claims and headers of the Data API, else from the login and what a
-- function of ours noted for this transaction (lplate.acting_user, lplate.reason).
create function private.actor(
    out user_id uuid,
    out kind private.actor_kind,
    out reason text,
    out ip inet,
    out request_id text
)
    language plpgsql
    stable
    security invoker
    set search_path = ''
as $$
declare
    headers jsonb := nullif(current_setting('request.headers', true), '')::jsonb;
begin
    user_id := coalesce(private.my_user_id(), nullif(current_setting('lplate.acting_user', true), '')::uuid);
    kind := private.actor_kind();
    reason := nullif(current_setting('lplate.reason', true), '');
    request_id := left(headers ->> 'x-request-id', 200);
    ip := substring(headers ->> 'x-forwarded-for' from '^\s*(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]{2,39})\s*(?:,|$)')::inet;
exception
    when invalid_text_representation then
        ip := null;
end;
$$;
