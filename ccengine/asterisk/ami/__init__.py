"""ADAPTER: AMI: framing, connection, session with reconnecting, events translated to calls/pbx_events, commands."""
