"""ADAPTER: the PBX's own files: tailing them over rotations, and their lines (CEL, queue_log, CDR) as values."""
