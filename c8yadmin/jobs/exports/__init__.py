"""Jobs that read: targets become the rows of a file."""
