"""The agent's phone in the browser: its window, its bar on every page, and the way of its messages to the PBX."""
