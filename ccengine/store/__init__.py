"""ADAPTER: the database: tables/ by area, one repository per noun, units of work; SQLite and PostgreSQL.

What does not live here: what services see of it (store_port/, rows/), the history of the tables (migrations/).
"""
