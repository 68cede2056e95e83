"""Request and response bodies of accounts."""

from accounts.serializers.addresses import (
    BookAddressSerializer,
    SavedAddressSerializer,
    serialize_address,
)
from accounts.serializers.fields import (
    EMAIL_LENGTH,
    EmailField,
)
from accounts.serializers.recovery import (
    AddressOfAccountSerializer,
    LinkTokenSerializer,
    PasswordResetSerializer,
)
from accounts.serializers.sessions import (
    CredentialsSerializer,
    MessageSerializer,
    RefreshSerializer,
    TokenPairSerializer,
)
from accounts.serializers.users import (
    DeletionSerializer,
    NewEmailSerializer,
    NewPasswordSerializer,
    ProfileSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
    UserSerializer,
)

__all__ = [
    "EMAIL_LENGTH",
    "AddressOfAccountSerializer",
    "BookAddressSerializer",
    "CredentialsSerializer",
    "DeletionSerializer",
    "EmailField",
    "LinkTokenSerializer",
    "MessageSerializer",
    "NewEmailSerializer",
    "NewPasswordSerializer",
    "PasswordResetSerializer",
    "ProfileSerializer",
    "RefreshSerializer",
    "RegisteredSerializer",
    "RegistrationSerializer",
    "SavedAddressSerializer",
    "TokenPairSerializer",
    "UserSerializer",
    "serialize_address",
]
