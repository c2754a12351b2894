-- A message is queued until a worker claims it, or until it turns out that it is not true any more, is not wanted, or has no way to its
-- recipient: then it is dropped. A message of which nobody knows whether it was sent is looked up, and not sent again before that.
--
-- message:
--   · → queued: queue_messages, queue_for_address, queue_as_sms (user, service, job, studio)
--   queued, unknown → claimed: claim_message (job)
--   queued → sent: deliver_app_messages, record_message_sent (job)
--   queued, claimed, unknown → dropped: drop_message (job)
--   claimed → queued: fail_message (job)
--   claimed → unknown: fail_message, give_up_message (job)
--   queued, claimed → failed: fail_message, give_up_message, record_message_status (service, job)
--   unknown → failed: give_up_message, record_message_status (service, job)
--   sent → failed: record_message_status (service, job)
--   claimed → bounced: fail_message, record_message_status, record_mail_report (service, job)
--   unknown, sent → bounced: record_message_status, record_mail_report (service, job)
--   claimed, unknown → sent: record_message_sent, record_message_status (service, job)
--   claimed, unknown, sent → delivered: record_message_status (service, job)
--   unknown → queued: admin_resend_message (user)

insert into private.status_transitions (entity, from_status, to_status, actors)
values
    ('message', 'new', 'queued', '{user,service,job,studio}'),
    ('message', 'queued', 'claimed', '{job}'),
    ('message', 'unknown', 'claimed', '{job}'),
    ('message', 'queued', 'sent', '{job}'),
    ('message', 'queued', 'dropped', '{job}'),
    ('message', 'claimed', 'dropped', '{job}'),
    ('message', 'unknown', 'dropped', '{job}'),
    ('message', 'claimed', 'queued', '{job}'),
    ('message', 'claimed', 'unknown', '{job}'),
    ('message', 'queued', 'failed', '{service,job}'),
    ('message', 'claimed', 'failed', '{service,job}'),
    ('message', 'unknown', 'failed', '{service,job}'),
    ('message', 'sent', 'failed', '{service,job}'),
    ('message', 'claimed', 'bounced', '{service,job}'),
    ('message', 'unknown', 'bounced', '{service,job}'),
    ('message', 'sent', 'bounced', '{service,job}'),
    ('message', 'claimed', 'sent', '{service,job}'),
    ('message', 'unknown', 'sent', '{service,job}'),
    ('message', 'claimed', 'delivered', '{service,job}'),
    ('message', 'unknown', 'delivered', '{service,job}'),
    ('message', 'sent', 'delivered', '{service,job}'),
    ('message', 'unknown', 'queued', '{user}');
