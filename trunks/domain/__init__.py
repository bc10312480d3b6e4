"""Values and rules in plain Python: no Django, no HTTP, no rows."""
