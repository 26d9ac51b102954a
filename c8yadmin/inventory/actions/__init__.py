"""What jobs do to devices."""

from c8yadmin.inventory.actions import deletion, export, fragments, importing, membership, renaming

__all__ = ["deletion", "export", "fragments", "importing", "membership", "renaming"]
