"""The metadata that all tables share: names of keys and indices follow one rule, so migrations can name them.

What does not live here: tables.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: Growing ids: 64 bits in PostgreSQL; SQLite numbers rows by itself only in a column of type INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


def code(length: int) -> String:
    """Return the type of a text whose beginning is searched: compared sign by sign, whatever the database's language.

    A Chinese or English collation sorts ":" before "0", and "begins with 138" as a range would find nothing.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")
