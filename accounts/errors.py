"""What accounts refuses."""

from shop.core.errors import Conflict, Unauthorized


class InvalidCredentials(Unauthorized):
    """401 for every failed pair of name and password, whatever was wrong with it."""

    code = "invalid_credentials"
    message = "No active account has this name and password."


class UsernameTaken(Conflict):
    """409: the name is in use, by Unicode's NFKC and case folding."""

    code = "username_taken"
    message = "This username is taken; choose another."


class EmailTaken(Conflict):
    """409: the address is in use, by Unicode's NFKC and case folding."""

    code = "email_taken"
    message = "This e-mail address has an account; log in, or use another."
