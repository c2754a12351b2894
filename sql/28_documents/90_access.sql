create policy select_own_or_admin on public.instructor_documents
    for select
    to authenticated
    using (
        instructor_id = any ((select private.my_instructor_ids())::uuid[])
        or org_id = any ((select private.my_admin_org_ids())::uuid[])
    );

grant select on public.instructor_documents to authenticated, service_role;

grant execute on function private.add_document to authenticated;
grant execute on function public.add_document to authenticated;
grant execute on function private.verify_document to authenticated;
grant execute on function public.verify_document to authenticated;

-- Copies, where Supabase's Storage is (the local stack has none): a private bucket, whose folders are an organization's id and in it an
-- instructor's. The instructor and the school's admins put copies there and read them; nobody changes one, so what was verified stays.
do $$
begin
    if to_regclass('storage.buckets') is null then
        return;
    end if;
    insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
    values ('documents', 'documents', false, 10485760, '{application/pdf,image/jpeg,image/png}')
    on conflict (id) do nothing;

    create policy read_own_or_admin_document on storage.objects
        for select
        to authenticated
        using (
            bucket_id = 'documents'
            and (
                array_to_string((storage.foldername(name))[1:2], '/') = any ((select private.my_instructor_folders())::text[])
                or (storage.foldername(name))[1] = any ((select private.my_admin_org_ids())::text[])
            )
        );

    create policy add_own_or_admin_document on storage.objects
        for insert
        to authenticated
        with check (
            bucket_id = 'documents'
            and (
                array_to_string((storage.foldername(name))[1:2], '/') = any ((select private.my_instructor_folders())::text[])
                or (storage.foldername(name))[1] = any ((select private.my_admin_org_ids())::text[])
            )
        );
end;
$$;
