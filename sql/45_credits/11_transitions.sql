insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('credit', 'new', 'pending', '{user,service,studio}'),
    ('credit', 'pending', 'active', '{service,job}'),
    ('credit', 'pending', 'cancelled', '{user,service,job,studio}'),
    ('credit', 'cancelled', 'active', '{service,job}'),
    ('credit', 'active', 'frozen', '{service,job}'),
    ('credit', 'frozen', 'active', '{service,job}'),
    ('credit', 'frozen', 'closed', '{service,job}'),
    ('credit', 'active', 'closed', '{user,service,job}');
