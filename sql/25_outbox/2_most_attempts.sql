-- How often a command is tried before it is dead.
create function private.most_attempts()
    returns integer
    language sql
    immutable
    security invoker
    set search_path = ''
return 12;
