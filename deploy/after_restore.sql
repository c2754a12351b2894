-- After a restore: what stands outside the database, and so in no dump of it. Safe to repeat.
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
end;
$$;

alter role authenticator set pgrst.db_pre_request = 'public.check_request';
notify pgrst, 'reload config';
