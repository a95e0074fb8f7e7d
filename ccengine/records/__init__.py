"""PURE. For ever: the journal's lines become call records and agents' timelines, the same from the same lines.

What does not live here: reading the files (asterisk/journal/), keeping what was found (services/call_records.py).
"""
