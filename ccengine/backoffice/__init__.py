"""The pages and the API: aiohttp, one folder for each area of pages (routes.py pages.py), api/ for programs.

What does not live here: what may be done and by whom (services/), templates and words (web/).
"""
