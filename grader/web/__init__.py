"""`grader serve`: a page on which students check their own work, and a desk for who marks. Needs the extra `web`."""
