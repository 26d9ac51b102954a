"""What jobs do to devices."""

from c8yadmin.inventory.actions import deletion, fragments, membership, renaming

__all__ = ["deletion", "fragments", "membership", "renaming"]
