-- Replies to a review, once; for its instructor and the school's admins. Definer: nobody writes ratings directly.
create function private.reply_to_review(p_rating_id uuid, p_reply text)
    returns void
    language plpgsql
    volatile
    security definer
    set search_path = '', pg_temp
as $$
declare
    rated public.lesson_ratings;
    broken_rule text;
begin
    perform private.require_person();
    select * into rated
    from public.lesson_ratings
    where id = p_rating_id
        and (
            instructor_id = any (private.my_instructor_ids())
            or org_id = any (private.my_admin_org_ids())
        )
    for no key update;

    if not found then
        perform private.refuse_unknown_review();
    end if;
    if rated.replied_at is not null then
        perform private.refuse(
            'PT409', 'already_replied',
            'This review has its reply.',
            'There is one reply to a review, and it is final.'
        );
    end if;
    if p_reply is null then
        perform private.refuse_violation('', 'reply');
    end if;

    update public.lesson_ratings
    set reply = p_reply,
        replied_at = private.clock()
    where org_id = rated.org_id
        and id = rated.id;
exception
    when check_violation then
        get stacked diagnostics broken_rule = constraint_name;
        perform private.refuse_violation(broken_rule);
end;
$$;

-- Refuses a review that the caller has nothing to do with, like one that does not exist.
create function private.refuse_unknown_review()
    returns void
    language plpgsql
    volatile
    security invoker
    set search_path = '', pg_temp
as $$
begin
    perform private.refuse(
        'PT404', 'review_not_found',
        'There is no such review for you.',
        'Reload the reviews, and check who is signed in.'
    );
end;
$$;
