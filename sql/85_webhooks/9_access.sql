grant execute on function private.receive_stripe_event to webhook_service;
