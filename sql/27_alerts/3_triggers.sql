select private.audit_table('public.alerts', 'id');
