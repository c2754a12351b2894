"""The Flask service between Stripe and Postgres."""
