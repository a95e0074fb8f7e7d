"""PURE. The utility's rules: accounts, outages, work orders and their moves, time limits, campaigns, pacing.

What does not live here: rows (rows/), who may do what (services/rights.py), what callers hear (ivr/).
"""
