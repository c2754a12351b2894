-- Who acts, from where and why: from the verified claims and headers of the Data API, else from the login and what a
-- function of ours noted for this transaction (lplate.acting_user, lplate.reason). Headers that make no sense lose no change.
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
    given_headers text := current_setting('request.headers', true);
    headers jsonb := case when pg_input_is_valid(given_headers, 'jsonb') then given_headers::jsonb end;
    address text := trim(split_part(headers ->> 'x-forwarded-for', ',', 1));
begin
    user_id := coalesce(private.my_user_id(), nullif(current_setting('lplate.acting_user', true), '')::uuid);
    kind := private.actor_kind();
    reason := nullif(current_setting('lplate.reason', true), '');
    ip := case when pg_input_is_valid(address, 'inet') then address::inet end;
    request_id := left(headers ->> 'x-request-id', 200);
end;
$$;
