-- The kinds of messages and the platform's own texts, in English: an organization may save its own, in any language. An SMS is short, so it
-- has texts only for what cannot wait. What the app shows is the text of the mail.
insert into private.message_kinds (key, class, about, is_urgent, tells_admins)
values
    ('booking_requested', 'essential', 'bookings', true, false),
    ('booking_accepted', 'essential', 'bookings', true, false),
    ('lesson_proposed', 'essential', 'bookings', false, false),
    ('time_offered', 'essential', 'bookings', true, false),
    ('lesson_reserved', 'essential', 'bookings', false, false),
    ('lesson_not_collected', 'essential', 'bookings', true, false),
    ('hold_expiring', 'optional', 'bookings', true, false),
    ('move_expiring', 'optional', 'bookings', true, false),
    ('booking_confirmed', 'essential', 'bookings', true, false),
    ('booking_declined', 'essential', 'bookings', true, false),
    ('booking_expired', 'essential', 'bookings', false, false),
    ('booking_moved', 'essential', 'bookings', true, false),
    ('move_not_made', 'essential', 'bookings', true, false),
    ('booking_cancelled', 'essential', 'bookings', true, false),
    ('lesson_reminder', 'optional', 'bookings', false, false),
    ('lesson_not_completed', 'optional', 'bookings', false, false),
    ('rating_invited', 'optional', 'bookings', false, false),
    ('move_proposed', 'essential', 'alerts', true, false),
    ('lesson_reassigned', 'essential', 'alerts', true, false),
    ('no_show_claimed', 'essential', 'alerts', true, true),
    ('no_show_settled', 'essential', 'alerts', false, false),
    ('payout_held', 'essential', 'alerts', false, true),
    ('payout_changed', 'essential', 'alerts', false, true),
    ('account_changed', 'essential', 'alerts', true, true),
    ('dispute_opened', 'essential', 'alerts', false, true),
    ('attention', 'essential', 'alerts', false, true),
    ('payment_failed', 'essential', 'payments', true, false),
    ('refund_made', 'essential', 'refunds', false, false),
    ('payout_sent', 'essential', 'payouts', false, false),
    ('payout_skipped', 'optional', 'payout_runs', false, false),
    ('account_needs_attention', 'essential', 'stripe_connect_accounts', false, false),
    ('hours_running_out', 'optional', 'learner_credits', false, false),
    ('hours_expiring', 'essential', 'learner_credits', false, false),
    ('problem_reported', 'essential', 'problem_reports', false, true),
    ('problem_decided', 'essential', 'problem_reports', false, false),
    ('invitation', 'essential', 'invitations', false, false),
    ('guardian_consent_wanted', 'essential', 'learner_guardians', false, false),
    ('subscription_withdrawn', 'essential', 'subscriptions', false, false),
    ('phone_code', 'essential', 'phone_codes', true, false),
    ('buy_hours', 'marketing', 'learner_credits', false, false),
    ('recommend', 'marketing', 'bookings', false, false);

insert into public.message_templates (id, org_id, kind, channel, locale, subject, body)
select
    md5(concat_ws('/', given.kind, given.channel, given.locale))::uuid as id,
    private.platform_id() as org_id,
    given.kind,
    given.channel::public.message_channel as channel,
    given.locale,
    given.subject,
    given.body
from (values
    (
        'booking_requested', 'email', 'en', '{{learner_name}} asks for a lesson on {{start_at}}',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        'Please answer by {{hold_expires_at}}; afterwards the request ends and the time is free again.\n\n'
        '{{organization_name}}'
    ),
    (
        'booking_requested', 'sms', 'en', null,
        e'{{organization_name}}: {{learner_name}} asks for a lesson: {{start_at}}. Please answer by {{hold_expires_at}}.'
    ),
    (
        'booking_accepted', 'email', 'en', 'Your lesson on {{start_at}} is accepted: please pay',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        '{{instructor_name}} has accepted. The time is yours once {{due}} is paid, until {{hold_expires_at}}.\n\n'
        '{{organization_name}}'
    ),
    (
        'booking_accepted', 'sms', 'en', null,
        e'{{organization_name}}: Your lesson {{start_at}} is accepted. Please pay {{due}} by {{hold_expires_at}}.'
    ),
    (
        'lesson_proposed', 'email', 'en', 'A lesson on {{start_at}} is proposed to you',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        '{{organization_name}} has booked this lesson for you. Please accept or decline it by {{hold_expires_at}}.\n\n'
        '{{organization_name}}'
    ),
    (
        'lesson_proposed', 'sms', 'en', null,
        e'{{organization_name}}: {{organization_name}} proposes a lesson: {{start_at}}. Please answer by '
        '{{hold_expires_at}}.'
    ),
    (
        'time_offered', 'email', 'en', 'A lesson on {{start_at}} has become free',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        'You wait for such a time. It is kept for you until {{hold_expires_at}}: accept it, or let it go to the next.\n\n'
        '{{organization_name}}'
    ),
    (
        'time_offered', 'sms', 'en', null,
        e'{{organization_name}}: a lesson has become free: {{start_at}}. It is kept for you until {{hold_expires_at}}.'
    ),
    (
        'lesson_reserved', 'email', 'en', 'Your lesson on {{start_at}} is reserved',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        '{{due}} is charged to the saved card on {{collect_at}}. The lesson is booked once that is paid. Until then it can be cancelled '
        'without a charge.\n\n'
        '{{organization_name}}'
    ),
    (
        'lesson_not_collected', 'email', 'en', 'The lesson on {{start_at}} could not be charged to your card',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        'The saved card could not be charged {{due}}. Please pay by {{hold_expires_at}}, or choose another default card at once: a card that '
        'was declined is tried once more after a day. A lesson that is not paid then is given up, and its time is free for others.\n\n'
        '{{organization_name}}'
    ),
    (
        'lesson_not_collected', 'sms', 'en', null,
        e'{{organization_name}}: Your card could not be charged for the lesson {{start_at}}. Please pay {{due}} by {{hold_expires_at}}.'
    ),
    (
        'hold_expiring', 'email', 'en', 'Your lesson on {{start_at}} is about to be given up',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        'The time is kept for you until {{hold_expires_at}}. Pay or answer before then, or it is free for others.\n\n'
        '{{organization_name}}'
    ),
    (
        'hold_expiring', 'sms', 'en', null,
        e'{{organization_name}}: Your lesson {{start_at}} is kept only until {{hold_expires_at}}.'
    ),
    (
        'move_expiring', 'email', 'en', 'Is your lesson to move to {{start_at}}?',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        'now {{old_start_at}}, perhaps {{start_at}}\n\n'
        'The new time is kept until {{hold_expires_at}}. Answer, or pay what is due for it, before then; else the lesson stays as it was '
        'booked.\n\n{{organization_name}}'
    ),
    (
        'move_expiring', 'sms', 'en', null,
        e'{{organization_name}}: Your lesson {{old_start_at}} can move to {{start_at}} only until {{hold_expires_at}}.'
    ),
    (
        'booking_confirmed', 'email', 'en', 'Your lesson on {{start_at}} is confirmed',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n{{pickup}}\nThe lesson is booked. The calendar entry is attached.\n\n'
        '{{organization_name}}'
    ),
    (
        'booking_confirmed', 'sms', 'en', null,
        e'{{organization_name}}: Booked: {{service_title}} with {{instructor_name}}, {{start_at}}.'
    ),
    (
        'booking_declined', 'email', 'en', 'Your lesson on {{start_at}} does not take place',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\nThe request was declined. Whatever was paid for it goes back.\n\n'
        '{{organization_name}}'
    ),
    (
        'booking_declined', 'sms', 'en', null,
        e'{{organization_name}}: The lesson {{start_at}} was declined.'
    ),
    (
        'booking_expired', 'email', 'en', 'Your lesson on {{start_at}} was not booked',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        'It was not paid, answered or accepted in time, so the time is free again. You can book it anew.\n\n'
        '{{organization_name}}'
    ),
    (
        'booking_moved', 'email', 'en', 'Your lesson is moved to {{start_at}}',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n{{pickup}}\n'
        'It was {{old_start_at}} before. The calendar entry is attached.\n\n{{organization_name}}'
    ),
    (
        'booking_moved', 'sms', 'en', null,
        e'{{organization_name}}: Moved: {{service_title}} with {{instructor_name}} is now {{start_at}} (was '
        '{{old_start_at}}).'
    ),
    (
        'move_not_made', 'email', 'en', 'Your lesson stays on {{old_start_at}}',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{old_start_at}}, {{minutes}} minutes\n{{pickup}}\n'
        'It takes place as it was booked. It is not moved to {{start_at}}: that was declined, or not answered or paid in time.\n\n'
        '{{organization_name}}'
    ),
    (
        'move_not_made', 'sms', 'en', null,
        e'{{organization_name}}: Not moved: your lesson with {{instructor_name}} stays on {{old_start_at}}.'
    ),
    (
        'booking_cancelled', 'email', 'en', 'Your lesson on {{start_at}} is cancelled',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\nThe lesson was cancelled by the {{cancelled_by}}. {{reason}}\n'
        'What is refunded of it is told in a message of its own.\n\n{{organization_name}}'
    ),
    (
        'booking_cancelled', 'sms', 'en', null,
        e'{{organization_name}}: Cancelled: {{service_title}} with {{instructor_name}}, {{start_at}}.'
    ),
    (
        'lesson_reminder', 'email', 'en', 'Reminder: your lesson on {{start_at}}',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n{{pickup}}\nThis is a reminder. The calendar entry is attached.\n\n{{organization_name}}'
    ),
    (
        'lesson_reminder', 'sms', 'en', null,
        e'{{organization_name}}: Reminder: {{service_title}} with {{instructor_name}}, {{start_at}}.'
    ),
    (
        'lesson_not_completed', 'email', 'en', 'Did the lesson on {{start_at}} take place?',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\n'
        'Nobody has completed this lesson. Please complete it, or say that somebody did not come or that there was a '
        'problem. Otherwise it is completed by itself.\n\n{{organization_name}}'
    ),
    (
        'lesson_not_completed', 'sms', 'en', null,
        e'{{organization_name}}: Did the lesson {{start_at}} take place? Please complete it in the app.'
    ),
    (
        'rating_invited', 'email', 'en', 'How was your lesson on {{start_at}}?',
        e'Hello {{recipient_name}},\n\n{{service_title}} for {{learner_name}} with {{instructor_name}}\n'
        '{{start_at}}, {{minutes}} minutes\n\nYou can rate the lesson within 14 days.\n\n{{organization_name}}'
    ),
    (
        'move_proposed', 'email', 'en', 'Another time is proposed for a lesson',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'lesson_reassigned', 'email', 'en', 'Another instructor gives your lesson',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'no_show_claimed', 'email', 'en', 'It is said that somebody did not come to a lesson',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'no_show_settled', 'email', 'en', 'It is decided who did not come to a lesson',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'payout_held', 'email', 'en', 'A payout waits',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'payout_changed', 'email', 'en', 'A payout has changed',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'account_changed', 'email', 'en', 'The account that is paid out to has changed',
        e'Hello {{recipient_name}},\n\n{{message}}\n\nIf this was not you, answer at once to your support.\n\n'
        '{{organization_name}}'
    ),
    (
        'dispute_opened', 'email', 'en', 'A payment is disputed',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'attention', 'email', 'en', '{{organization_name}}: this needs your attention',
        e'Hello {{recipient_name}},\n\n{{message}}\n\n{{organization_name}}'
    ),
    (
        'payment_failed', 'email', 'en', 'Your payment of {{amount}} did not go through',
        e'Hello {{recipient_name}},\n\n'
        'The payment of {{amount}} failed. Please try again or use another way of paying, while the time is still '
        'kept for you.\n\n{{organization_name}}'
    ),
    (
        'payment_failed', 'sms', 'en', null,
        e'{{organization_name}}: Your payment of {{amount}} did not go through. Please try again.'
    ),
    (
        'refund_made', 'email', 'en', '{{amount}} goes back to you',
        e'Hello {{recipient_name}},\n\n'
        'A refund of {{amount}} was made. It arrives in the way in which it was paid, usually within ten days.\n\n'
        '{{organization_name}}'
    ),
    (
        'payout_sent', 'email', 'en', '{{amount}} is on its way to you',
        e'Hello {{recipient_name}},\n\n'
        'The payout of {{payout_date}} was sent: {{amount}}. The bank may take some days. Its statement is in your '
        'account.\n\n{{organization_name}}'
    ),
    (
        'payout_skipped', 'email', 'en', 'No payout on {{payout_date}}',
        e'Hello {{recipient_name}},\n\nNothing was paid out on {{payout_date}}: {{reason}}.\n\n{{organization_name}}'
    ),
    (
        'account_needs_attention', 'email', 'en', 'Stripe needs something from you before you can be paid',
        e'Hello {{recipient_name}},\n\n'
        'Your account for payouts cannot be paid at the moment: {{reason}}. Open onboarding again to see what is '
        'missing.\n\n{{organization_name}}'
    ),
    (
        'hours_running_out', 'email', 'en', 'Your prepaid hours with {{instructor_name}} are running out',
        e'Hello {{recipient_name}},\n\nYou have {{hours}} hours left with {{instructor_name}}.\n\n{{organization_name}}'
    ),
    (
        'hours_expiring', 'email', 'en', 'Your prepaid hours with {{instructor_name}} end on {{expires_on}}',
        e'Hello {{recipient_name}},\n\n'
        '{{hours}} prepaid hours with {{instructor_name}} can be used until {{expires_on}}.\n\n{{organization_name}}'
    ),
    (
        'problem_reported', 'email', 'en', 'A problem with a lesson was reported',
        e'Hello {{recipient_name}},\n\n'
        'A problem was reported with the lesson of {{learner_name}} with {{instructor_name}} on {{start_at}}. What '
        'was earned by it waits until an admin has decided.\n\n{{organization_name}}'
    ),
    (
        'problem_decided', 'email', 'en', 'The problem with a lesson is decided',
        e'Hello {{recipient_name}},\n\n'
        'The problem with the lesson of {{learner_name}} with {{instructor_name}} on {{start_at}} is decided: '
        '{{decision}}\n\n{{organization_name}}'
    ),
    (
        'invitation', 'email', 'en', '{{organization_name}} invites you',
        e'Hello {{recipient_name}},\n\n'
        '{{organization_name}} invites you to join as {{role}}. Sign in with this address and open the link that you '
        'were given, until {{expires_on}}.\n\n{{organization_name}}'
    ),
    (
        'guardian_consent_wanted', 'email', 'en', 'Your consent is wanted for {{learner_name}}',
        e'Hello {{recipient_name}},\n\n'
        '{{organization_name}} names you as guardian of {{learner_name}}. Sign in with this address to give your '
        'consent, until {{expires_on}}.\n\n{{organization_name}}'
    ),
    (
        'subscription_withdrawn', 'email', 'en', 'You have withdrawn from {{product_name}}',
        e'Hello {{recipient_name}},\n\n'
        'Your subscription to {{product_name}} has ended. {{amount}} goes back in the way in which it was paid, usually within ten days.\n\n'
        '{{organization_name}}'
    ),
    (
        'phone_code', 'sms', 'en', null,
        '{{code}} is your code to be told of lessons at this number. It ends in ten minutes. If you did not ask for it, do nothing.'
    ),
    (
        'buy_hours', 'email', 'en', 'More hours with {{instructor_name}}?',
        e'Hello {{recipient_name}},\n\n'
        'Your prepaid hours with {{instructor_name}} are used up. You can buy more at any time.\n\n'
        '{{organization_name}}'
    ),
    (
        'recommend', 'email', 'en', 'Do you know somebody who would like to learn?',
        e'Hello {{recipient_name}},\n\n'
        'Share your code for recommendations: who books with it pays less for a first lesson, and you get a reward.\n\n'
        '{{organization_name}}'
    )
) given (kind, channel, locale, subject, body);
