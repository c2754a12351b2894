-- What a text has to be: something to read, a line, an address. Checks of tables and functions ask these, so that every door
-- agrees. Null for null, which a check lets pass. Writers may not look names up in private, so a function that calls
-- another has an SQL-standard body, which is resolved once.

-- True if a text shows something: spaces of any kind, zero-width characters, fillers, blank Braille, variation selectors and
-- tags do not.
create function private.is_visible(p_text text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_text ~ (
        '[^\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F'
        '\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]'
    );
end;
$$;

-- True for one line that shows what it holds, as a name does: no control characters, no ends of line, and no marks that turn the
-- direction of writing for what follows, by which a text could pose as another. The empty text is a line too: whether a name may
-- be empty is a rule about its length.
create function private.is_line(p_text text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return p_text = ''
    or (p_text !~ '[\u0001-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]' and private.is_visible(p_text));

-- True for one e-mail address, as browsers have it (html.spec.whatwg.org, "valid e-mail address"), which Supabase Auth has too:
-- no name around it, no spaces, no second address.
create function private.is_email(p_text text)
    returns boolean
    language plpgsql
    immutable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    return p_text ~ (
        '^[A-Za-z0-9.!#$%&''*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
        '(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$'
    );
end;
$$;

-- True for a link to the web, without spaces or anything that cannot be seen.
create function private.is_link(p_text text)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
return p_text ~ '^https?://\S+$' and length(p_text) <= 2000 and private.is_line(p_text);

-- True for a plain list of lines: not nested, counted from one, and nothing left out.
create function private.are_lines(p_texts text[])
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select coalesce(array_ndims(p_texts) = 1 and array_lower(p_texts, 1) = 1, true)
        and coalesce(bool_and(line is not null and private.is_line(line)), true)
    from unnest(p_texts) line;
end;

-- Refuses tags to search by that nothing can carry. Searches call it.
create function private.assert_tags_are_lines(p_tags text[])
    returns void
    language plpgsql
    stable
    security invoker
    set search_path = '', pg_temp
as $$
begin
    if not private.are_lines(p_tags) then
        perform private.refuse(
            'PT422', 'tags_are_lines',
            'These are no tags.',
            'Send a plain list of texts, such as ["parking", "motorway"].'
        );
    end if;
end;
$$;

-- True for an object whose values are all lines, such as {"instructor": "coach"}.
create function private.values_are_lines(p_object jsonb)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select coalesce(bool_and(jsonb_typeof(field.value) = 'string' and private.is_line(field.value #>> '{}')), true)
    from jsonb_each(case jsonb_typeof(p_object) when 'object' then p_object end) field (key, value);
end;

-- True for at most 50 tags of 1 to 100 characters each, short enough for a GIN index.
create function private.tags_are_valid(p_tags text[])
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select count(*) <= 50 and private.are_lines(p_tags) and coalesce(bool_and(length(tag) between 1 and 100), true)
    from unnest(p_tags) tag;
end;

-- True for an object of at most 20 lists of words, each as tags are, such as {"languages": ["en", "pl"]}.
create function private.facets_are_valid(p_facets jsonb)
    returns boolean
    language sql
    immutable
    security invoker
    set search_path = '', pg_temp
begin atomic
    select jsonb_typeof(p_facets) = 'object'
        and count(*) <= 20
        and coalesce(
            bool_and(
                length(facet.key) between 1 and 50
                and private.is_line(facet.key)
                and jsonb_typeof(facet.words) = 'array'
                and not facet.words @? 'strict $[*] ? (@.type() <> "string")'
                and private.tags_are_valid(
                    array(
                        select word.text
                        from jsonb_array_elements_text(case jsonb_typeof(facet.words) when 'array' then facet.words end) word (text)
                    )
                )
            ),
            true
        )
    from jsonb_each(case jsonb_typeof(p_facets) when 'object' then p_facets end) facet (key, words);
end;
