"""PURE. Now: what the PBX tells becomes legs, calls, queue waits and agents' states; the board and the facts.

What does not live here: what lasts (records/), reading events off the wire (asterisk/ami/).
"""
