"""Load tests in which workers and the database fail, to find lost and duplicated writes."""
