"""Who may do what with jobs, and the sign-ins that they work with."""
