"""Template tags: presentation only. They are given values and know no rows."""
