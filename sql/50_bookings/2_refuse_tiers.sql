create function private.refuse_tiers()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = ''
as $$
begin
    perform private.refuse(
        'PT422', 'bad_tiers',
        'That is no cancellation policy.',
        'Send up to ten tiers like {"notice_minutes": 1440, "refund_bps": 10000}; longer notice never gets less back.'
    );
end;
$$;
