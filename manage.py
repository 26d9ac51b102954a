#!/usr/bin/env python
"""Command line of c8yadmin: `python manage.py help` lists the commands."""

from c8yadmin.__main__ import main

if __name__ == "__main__":
    main()
