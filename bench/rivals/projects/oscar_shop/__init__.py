"""A minimal shop of django-oscar-api, as its documentation describes one."""
