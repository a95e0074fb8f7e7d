"""ADAPTER: FastAGI: framing, one session per call, the server, the player of a flow's steps."""
