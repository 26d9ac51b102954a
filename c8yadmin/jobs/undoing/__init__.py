"""Taking back what jobs did."""
