"""The endpoints of accounts."""

from accounts.views.recovery import EmailVerificationViewSet, PasswordResetViewSet
from accounts.views.sessions import LoginViewSet, LogoutViewSet, TokenViewSet
from accounts.views.users import UserViewSet

__all__ = [
    "EmailVerificationViewSet",
    "LoginViewSet",
    "LogoutViewSet",
    "PasswordResetViewSet",
    "TokenViewSet",
    "UserViewSet",
]
