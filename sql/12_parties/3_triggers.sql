create trigger touch_updated_at
    before update on public.instructors
    for each row execute function private.touch_updated_at();

create trigger add_details
    after insert on public.instructors
    for each row execute function private.add_instructor_details();

create trigger touch_updated_at
    before update on public.instructor_details
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.learners
    for each row execute function private.touch_updated_at();

create trigger add_details
    after insert on public.learners
    for each row execute function private.add_learner_details();

create trigger touch_updated_at
    before update on public.learner_details
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.guardians
    for each row execute function private.touch_updated_at();

create trigger touch_updated_at
    before update on public.learner_guardians
    for each row execute function private.touch_updated_at();

create trigger forbid_own_guardian
    after insert or update on public.learner_guardians
    for each row
    when (new.guardian_id is not null)
    execute function private.forbid_own_guardian('learner_id');

create trigger forbid_own_guardian
    after update of user_id on public.learners
    for each row
    when (new.user_id is not null)
    execute function private.forbid_own_guardian('id');
