-- The next minutes of a lot and their part of its price: cumulative, what all minutes taken so far and these come to, less what
-- was taken before; so rounding never loses a cent. Where the parts that came back were the smaller ones, it waits for the minutes that
-- catch up.
create function private.next_credit_part(p_credit public.learner_credits, p_minutes integer)
    returns private.credit_part
    language sql
    immutable
    security invoker
    set search_path = ''
as $$
    select row(
        p_credit.id,
        p_minutes,
        greatest(
            private.proportion_cents(p_credit.instructor_share_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_share_cents,
            0
        ),
        greatest(
            private.proportion_cents(p_credit.platform_fee_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_fee_cents,
            0
        ),
        greatest(
            private.proportion_cents(p_credit.discount_cents, taken.minutes, p_credit.minutes_purchased)
            - p_credit.taken_discount_cents,
            0
        )
    )::private.credit_part
    from (select p_credit.minutes_purchased - p_credit.minutes_left + p_minutes as minutes) taken;
$$;
