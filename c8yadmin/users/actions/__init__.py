"""What jobs do to users."""

from c8yadmin.users.actions import enabling, importing, roles

__all__ = ["enabling", "importing", "roles"]
