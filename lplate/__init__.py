"""What both programs share: Postgres, Stripe, settings and logs. It decides nothing."""
