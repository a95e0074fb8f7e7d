"""ADAPTER: everything that speaks with a PBX or reads its files: ami/ agi/ journal/, recordings, configuration.

What does not live here: what an event means (calls/, records/), the tasks that use all this (engine/).
"""
