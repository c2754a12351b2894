-- Effects: what follows when the status of a booking, a payment, a refund or a dispute changes, whoever changes it: a function, a
-- service or an admin in Studio.
--
-- Each table has one trigger, whose function is the ordered list of what follows; the order is the order of the lines. The called
-- functions live in their rooms. Amounts were decided before: a called function carries out what is stored with the row.
-- 20 to 50 are the tables of the money path; 60 is for organizations and logins.
--
-- Nobody calls this room: its triggers do. They are on tables of lower rooms, and lead up here: the one exception to the rule that a
-- room rests only on rooms with smaller numbers.
-- What must not happen is refused by the guards, which are triggers before the change and live with their tables.

-- What follows when a booking is made or changes its status.
-- Definer: whoever changes a booking may not write payments, credits and earnings.
create function private.on_booking_changed()
    returns trigger
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    was_confirmed boolean;
begin
    if tg_op = 'INSERT' then
        perform private.add_booking_relations(new);
        return null;
    end if;
    if new.status = old.status then
        return null;
    end if;
    was_confirmed := old.status in ('confirmed', 'in_progress');
    perform private.set_contact_window(old, new);

    if new.status = 'confirmed' then
        perform private.finish_redemption(new.id, null, 'redeemed');
        perform private.carry_payments(new);
        perform private.post_free_booking(new);
        perform private.refund_price_difference(new);

    elsif new.status = 'completed' then
        perform private.lock_booking_payments(new);
        perform private.capture_booking_payments(new);
        perform private.count_lesson(new);
        perform private.accrue_earning(new);
        perform private.grant_reward(new.id);
        perform private.consume_booking_minutes(new);

    elsif new.status = 'no_show' and new.no_show_by = 'learner' then
        perform private.capture_booking_payments(new);
        perform private.accrue_earning(new);
        perform private.consume_booking_minutes(new);

    elsif new.status = 'no_show' then
        perform private.accrue_earning(new);
        perform private.reverse_free_booking(new);
        perform private.refund_booking(new);
        perform private.cancel_replacement(new);
        perform private.consume_booking_minutes(new);

    elsif new.status = 'cancelled' and was_confirmed then
        perform private.accrue_earning(new);
        perform private.cancel_open_payment(new.id, null);
        perform private.free_seat(new);
        perform private.reverse_free_booking(new);
        if not new.is_rescheduled then
            perform private.refund_booking(new);
            perform private.cancel_replacement(new);
        end if;
        perform private.consume_booking_minutes(new);

    elsif new.status in ('cancelled', 'declined', 'expired') then
        perform private.cancel_open_payment(new.id, null);
        perform private.free_seat(new);
        perform private.refund_booking(new);
        perform private.restore_original_discount(new);
        perform private.consume_booking_minutes(new);
    end if;
    return null;
end;
$$;

create trigger on_booking_changed
    after insert or update of status on public.bookings
    for each row execute function private.on_booking_changed();
