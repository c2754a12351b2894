create function private.refuse_rate_card()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT409', 'rate_card_exists',
        'There is a rate card of that name, a default for that currency, or one whose validity overlaps.',
        'End the other card first with set_rate_card_validity or delete_rate_card, or choose another name.'
    );
end;
$$;
