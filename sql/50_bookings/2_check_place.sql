-- Refuses a pickup or dropoff that is not what it should be: {"address": text, "lat": number, "lng": number}, each of them or
-- none; coordinates come in pairs.
create function private.check_place(p_place jsonb)
    returns void
    language plpgsql
    immutable
    security invoker
    set search_path = ''
as $$
begin
    if not coalesce(
        case jsonb_typeof(p_place)
            when 'object' then
                p_place - '{address,lat,lng}'::text[] = '{}'
                and coalesce(jsonb_typeof(p_place -> 'address'), 'null') in ('string', 'null')
                and coalesce(jsonb_typeof(p_place -> 'lat'), 'null') in ('number', 'null')
                and coalesce(jsonb_typeof(p_place -> 'lng'), 'null') = coalesce(jsonb_typeof(p_place -> 'lat'), 'null')
            when 'null' then true
            else p_place is null
        end,
        true
    ) then
        perform private.refuse(
            'PT422', 'bad_place',
            'That is no place to be picked up or dropped off at.',
            'Send {"address": text, "lat": number, "lng": number}, or only an address, or only coordinates.'
        );
    end if;
end;
$$;
