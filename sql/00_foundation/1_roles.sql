-- The two logins of the Python services. Roles belong to the whole cluster, so a second database
-- finds them already there. Passwords are set by whoever operates the project, never here.
do $$
begin
    if to_regrole('webhook_service') is null then
        create role webhook_service login noinherit connection limit 50;
    end if;
    if to_regrole('jobs') is null then
        create role jobs login noinherit connection limit 50;
    end if;
end;
$$;
