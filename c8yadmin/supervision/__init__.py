"""Keeps processes running, and leaves none behind: for the demo, and for a container of several."""
