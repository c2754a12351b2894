"""Rows edited through Supabase Studio's own back end."""
