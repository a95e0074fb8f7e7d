"""PURE. What a caller is asked and told: one flow per file, a generator that yields steps and is sent their answers.

What does not live here: look-ups (engine/agi_lookups.py), playing (asterisk/agi/player.py), texts (ivr_prompts/).
"""
