"""Who is here: users, logins and their tokens."""
