"""The daemon's long-lived tasks, a file each: live view, journal, FastAGI, door, dialler, clocks, jobs, watchdog.

What does not live here: use cases (services/), protocols (asterisk/), which tasks run (bootstrap.py).
"""
