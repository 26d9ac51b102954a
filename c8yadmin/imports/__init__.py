"""Import from CSV: a file becomes a job whose targets are its rows.

What rows may become (devices, users) the features say; see `imports.kinds`.
"""
