"""ADAPTER: files from the field on disk: gathers parts, checks content, re-encodes pictures. Picked in bootstrap."""
