"""Use cases: one verb, one unit of work each. Pages, API, menu and tasks call these and nothing else.

Each asks for its right first and names its errors. What does not live here: rules (hotline/), SQL (store/), HTTP.
"""
