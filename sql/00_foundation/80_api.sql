create function public.list_currencies()
    returns table (code text, minor_digits smallint, minimum_charge_cents bigint)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select currency.code, currency.minor_digits, currency.minimum_charge_cents from private.list_currencies() currency;
end;

comment on function public.list_currencies is
    'The currencies that prices may be in, as lower-case ISO 4217 codes: the decimal places of their minor unit (2 for gbp, 0 for jpy), and the '
    'smallest amount that can be charged.';

create function public.list_time_zones()
    returns table (name text)
    language sql
    stable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select zone.name from private.list_time_zones() zone;
end;

comment on function public.list_time_zones is
    'The time zones that an organization, an instructor or a profile may be in: names of the IANA database, such as Europe/London.';
