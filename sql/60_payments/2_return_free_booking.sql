-- When a lesson that cost the learner nothing falls through, what the instructor does not keep goes back to the platform, and
-- of spent rewards to the learner. Definer: nobody writes the ledger directly.
create function private.return_free_booking()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = ''
as $$
declare
    share_cents constant bigint := new.instructor_share_cents - coalesce(new.kept_share_cents, 0);
    fee_cents constant bigint := private.proportion_cents(new.platform_fee_cents, share_cents, new.instructor_share_cents);
begin
    perform private.post_transaction(
        'free_booking_cancelled', 'booking', new.id, format('booking:%s:free_cancelled', new.id), new.currency, private.clock(),
        array[
            row('promotions', null, -(share_cents + fee_cents)),
            row('instructor_pending', new.instructor_id, share_cents),
            row('platform_fees', null, fee_cents)
        ]::private.posting[]
    );
    if share_cents = new.instructor_share_cents and not new.is_moved then
        perform private.give_back_discount(new.id, null);
    end if;
    return null;
end;
$$;
