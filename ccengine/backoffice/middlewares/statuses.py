"""Which HTTP status a service's error is: the same for a person's page and for a program."""

from __future__ import annotations

from ccengine.backoffice.middlewares.csrf import ForeignRequest
from ccengine.services import errors as services

#: The first that fits.
_STATUS: tuple[tuple[type[services.ServiceError], int], ...] = (
    (services.NotFound, 404),
    (services.NotAllowed, 403),
    (services.PasswordChangeNeeded, 403),
    (ForeignRequest, 403),
    (services.Invalid, 422),
    (services.Conflict, 409),
    (services.Throttled, 429),
    (services.SignInFailed, 401),
    (services.Unavailable, 503),
    (services.ServiceError, 400),
)


def status_of(error: services.ServiceError) -> int:
    """Return the status that tells of this error."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))
