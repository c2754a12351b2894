-- The latest period of a schedule that is not after a local date: the day itself, the organization's weekday, or the first
-- of the month.
create function private.payday_of(p_schedule public.payout_schedule, p_on date, p_payout_weekday smallint)
    returns date
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select case p_schedule
        when 'weekly' then p_on - (extract(dow from p_on)::integer - p_payout_weekday + 7) % 7
        when 'monthly' then date_trunc('month', p_on::timestamp)::date
        else p_on
    end;
$$;
