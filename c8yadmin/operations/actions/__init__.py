"""What jobs do with operations."""

from c8yadmin.operations.actions import cancellation, creation, export

__all__ = ["cancellation", "creation", "export"]
