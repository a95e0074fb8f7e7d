"""What people set for themselves.

What does not live here: passwords and sessions (sign_in.py), what an administrator sets for others.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded, one_of

#: Languages of the pages, each a folder of web/locales, with the name it gives itself.
LANGUAGES: Mapping[str, str] = {"zh_CN": "简体中文", "en": "English"}


@guarded
async def set_language(ctx: Context, actor: Actor, language: str) -> None:
    """Keep the language in which the person reads the pages. Errors: Invalid, NotFound, Unavailable."""
    one_of("language", language, tuple(LANGUAGES))
    async with ctx.store() as uow:
        user = await uow.users.by_name(actor.name)
        if user is None:
            raise NotFound("user", actor.name)
        if user.language != language:
            await uow.users.set_language(user.id, language)
            await uow.commit()
