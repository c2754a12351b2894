create function private.refuse_taken_slot()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'slot_taken',
        'That time has just been taken.',
        'Refresh the calendar and choose another time.'
    );
end;
$$;
