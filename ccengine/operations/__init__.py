"""What an operator types: set-up, start and stop in the background, the demo's sample calls, doctor.

Imports anything of ours; nothing of ours imports it but the command line.
"""
