insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('redemption', 'new', 'reserved', '{user,service,studio}'),
    ('redemption', 'reserved', 'redeemed', '{user,service,job}'),
    ('redemption', 'reserved', 'released', '{user,service,job,studio}'),
    ('redemption', 'redeemed', 'released', '{user,service,job}');
