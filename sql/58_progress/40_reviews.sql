-- What everybody may read of an instructor who is listed: ratings with their reviews and replies, the newest first, and nobody's name.
-- Definer: visitors may not read ratings.
create function private.list_reviews(p_instructor_id uuid, p_limit integer, p_after_rated_at timestamptz, p_after_id uuid)
    returns table (rating_id uuid, rating smallint, review text, rated_at timestamptz, reply text, replied_at timestamptz)
    language sql
    stable
    security definer
    set search_path = '', pg_temp
as $$
    select given.id, given.rating, given.review, given.created_at, given.reply, given.replied_at
    from public.lesson_ratings given
    where given.instructor_id = p_instructor_id
        and given.instructor_id = any (private.listed_instructor_ids())
        and given.hidden_at is null
        and given.is_of_paid_lesson
        and (p_after_rated_at is null or (given.created_at, given.id) < (p_after_rated_at, p_after_id))
    order by given.created_at desc, given.id desc
    limit private.page_size(p_limit);
$$;
