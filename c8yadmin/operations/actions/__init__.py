"""What jobs do with operations."""

from c8yadmin.operations.actions import cancellation, creation

__all__ = ["cancellation", "creation"]
