grant execute on function private.search_directory to anon, authenticated;
grant execute on function public.search_directory to anon, authenticated;

-- Photos, where Supabase's Storage is (the local stack has none): a public bucket, whose folders are an organization's id and in it an
-- instructor's. Everybody may load a photo by its link; the instructor and the school's admins put it there, and then set
-- instructors.avatar_url to the link.
do $$
begin
    if to_regclass('storage.buckets') is null then
        return;
    end if;
    insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
    values ('photos', 'photos', true, 2097152, '{image/jpeg,image/png,image/webp}')
    on conflict (id) do nothing;

    create policy write_own_or_admin_photo on storage.objects
        for all
        to authenticated
        using (
            bucket_id = 'photos'
            and (
                array_to_string((storage.foldername(name))[1:2], '/') = any ((select private.my_instructor_folders())::text[])
                or (storage.foldername(name))[1] = any ((select private.my_admin_org_ids())::text[])
            )
        );
end;
$$;
