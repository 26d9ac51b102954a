"""Ending operations that no device has begun."""

from __future__ import annotations

from sdk import Operation, OperationStatus


def left_pending(operation: Operation) -> str:
    """Why `operation` can be cancelled no more, as a sentence; empty while it is pending."""
    if operation.status == OperationStatus.PENDING:
        return ""
    failed = operation.status == OperationStatus.FAILED
    state = "has failed" if failed else f"is {str(operation.status).lower()}"
    return f"This operation {state} by now; only a pending one can be cancelled."


def cancel(operation: Operation, reason: str) -> None:
    """Fail a pending operation (PUT /devicecontrol/operations/{id}).

    Raises Invalid or Conflict when its device was faster.
    """
    operation.status = OperationStatus.FAILED
    operation.failure_reason = reason
    operation.update()
