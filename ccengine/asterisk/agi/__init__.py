"""ADAPTER: FastAGI: framing, one session per call, the server, and the player that turns a flow's steps into commands."""
