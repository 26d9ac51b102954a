"""What is asked of jobs: on which targets, how fast and when, and what is done to those that exist."""
