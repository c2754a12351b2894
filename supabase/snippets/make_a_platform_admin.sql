-- Makes a person who has signed up an admin of the platform: put the address in. No API can do this.
insert into private.platform_admins (user_id, note)
select
    profile.id,
    'Added in Studio.' as note
from public.profiles profile
where lower(profile.email) = lower('somebody@example.com');
