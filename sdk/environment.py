"""What the environment of a microservice or a device tells."""

from __future__ import annotations

import os

from sdk.rest.auth import BasicAuth


def variable(name: str) -> str:
    """The value of a variable.

    Raises:
        ValueError: when it is not set.
    """
    found = os.environ.get(name, "")
    if not found:
        raise ValueError(f"The environment lacks {name}.")
    return found


def bootstrap() -> BasicAuth:
    """The credentials that a microservice or a device starts with.

    Raises:
        ValueError: naming the variable that is missing.
    """
    tenant, user = variable("C8Y_BOOTSTRAP_TENANT"), variable("C8Y_BOOTSTRAP_USER")
    return BasicAuth(f"{tenant}/{user}", variable("C8Y_BOOTSTRAP_PASSWORD"))
