"""What jobs do to users."""

from c8yadmin.users.actions import enabling, export, importing, roles

__all__ = ["enabling", "export", "importing", "roles"]
