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
        perform private.tell_of_booking(null, new);
        return null;
    end if;
    if new.status = old.status then
        perform private.tell_of_failed_collection(new) where new.collection_tries > old.collection_tries;
        return null;
    end if;
    was_confirmed := old.status in ('confirmed', 'in_progress', 'completed');
    perform private.set_contact_window(old, new);

    if new.status = 'confirmed' then
        perform private.finish_redemption(new.order_id, 'redeemed');
        perform private.pay_free_item(new.id);
        if old.status = 'proposed' then
            perform private.refund_moved_item(new);
        end if;

    elsif new.status = 'completed' then
        perform private.count_lesson(new);
        perform private.end_booking_item(new, was_confirmed);
        perform private.capture_item(new.id);

    elsif new.status = 'no_show' then
        perform private.end_booking_item(new, was_confirmed);
        perform private.settle_ended_booking(new);
        perform private.cancel_replacement(new);
        perform private.write_off_restored_minutes(new);
        if old.status = 'completed' then
            perform private.uncount_lesson(new);
        end if;

    elsif new.status = 'cancelled' and new.is_rescheduled then
        perform private.free_seat(new);
        perform private.note_freed_time(new);
        perform private.consume_credit(new.id, 1440);

    elsif new.status in ('cancelled', 'declined', 'expired') then
        perform private.cancel_open_payment(new.order_id);
        perform private.free_seat(new);
        perform private.note_freed_time(new);
        perform private.end_booking_item(new, was_confirmed);
        perform private.settle_ended_booking(new);
        perform private.cancel_replacement(new);
        perform private.write_off_restored_minutes(new);
    end if;

    if new.status in ('completed', 'no_show', 'cancelled') then
        perform private.close_claims(new);
    end if;
    perform private.tell_of_booking(old, new);
    return null;
end;
$$;

create trigger on_booking_changed
    after insert or update of status, collection_tries on public.bookings
    for each row execute function private.on_booking_changed();
