"""A minimal shop of django-salesman, as its documentation describes one."""
