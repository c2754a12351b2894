"""What developers run: the writers of migrations and types, and the cluster that tests start."""
