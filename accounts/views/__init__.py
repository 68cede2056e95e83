"""The endpoints of accounts."""

from accounts.views.addresses import AddressViewSet
from accounts.views.recovery import EmailVerificationViewSet, PasswordResetViewSet
from accounts.views.sessions import LoginViewSet, LogoutViewSet, TokenViewSet
from accounts.views.users import UserViewSet

__all__ = [
    "AddressViewSet",
    "EmailVerificationViewSet",
    "LoginViewSet",
    "LogoutViewSet",
    "PasswordResetViewSet",
    "TokenViewSet",
    "UserViewSet",
]
