-- Stripe's minimum charge amounts (docs.stripe.com/currencies), for the currencies that the product sells in.
insert into private.currencies (code, minor_digits, minimum_charge_cents)
values
    ('aud', 2, 50),
    ('cad', 2, 50),
    ('chf', 2, 50),
    ('dkk', 2, 250),
    ('eur', 2, 50),
    ('gbp', 2, 30),
    ('jpy', 0, 50),
    ('nok', 2, 300),
    ('nzd', 2, 50),
    ('pln', 2, 200),
    ('sek', 2, 300),
    ('sgd', 2, 50),
    ('usd', 2, 50);
