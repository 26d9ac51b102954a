"""What jobs do to users."""

from c8yadmin.users.actions import enabling, roles

__all__ = ["enabling", "roles"]
