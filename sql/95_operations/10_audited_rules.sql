-- Rules that are kept as rows decide about everybody's money, and an admin in Studio can change them: the audit log says who did.
-- They are audited from here on, after the rooms have inserted their own.
select private.audit_table('private.status_transitions', 'edge');

select private.audit_table('private.currencies', 'code');

select private.audit_table('private.payee_countries', 'code');

select private.audit_table('private.suspense_refunds', 'stripe_refund_id');
