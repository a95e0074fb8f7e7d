"""What callers hear, made on a build machine: catalogue, text-to-speech, encoding, lock file, reading back.

Nothing here runs while a call runs: the audio is committed, and the engine plays files by their id.
"""
