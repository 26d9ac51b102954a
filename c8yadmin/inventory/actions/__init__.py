"""What jobs do to devices."""

from c8yadmin.inventory.actions import deletion, fragments, importing, membership, renaming

__all__ = ["deletion", "fragments", "importing", "membership", "renaming"]
