"""What a use case may answer instead of a result. Pages and API turn these into words and status codes.

What does not live here: HTTP. Each error carries a zh and an en sentence: what happened and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence


class ServiceError(Exception):
    """Root of everything a service raises on purpose; `code` is for machines and never changes."""

    code = "error"

    def __init__(self, message_zh: str, message_en: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh
        self.message_en = message_en

    def message(self, language: str) -> str:
        """Return the sentence in the user's language ("zh..." or anything else for English)."""
        return self.message_zh if language.startswith("zh") else self.message_en


class NotFound(ServiceError):
    """No such thing, or not for this actor's eyes."""

    code = "not_found"

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"找不到 {what} {key}", f"No {what} {key}")
        self.what = what


class NotAllowed(ServiceError):
    """The actor lacks a right; `zh` and `en` say it in words of the matter."""

    code = "not_allowed"

    def __init__(self, right: str, zh: str = "", en: str = "") -> None:
        missing = f"没有权限：{right}，请联系管理员", f"The right {right} is missing; ask an administrator"
        super().__init__(zh or missing[0], en or missing[1])
        self.right = right
        self.in_words = bool(zh)


class Invalid(ServiceError):
    """One field's content is refused; `remedy_*` says what to write instead."""

    code = "invalid"

    def __init__(self, field: str, remedy_zh: str, remedy_en: str) -> None:
        super().__init__(remedy_zh, remedy_en)
        self.field = field
        self.remedy_zh = remedy_zh
        self.remedy_en = remedy_en


class Conflict(ServiceError):
    """What is asked does not fit the present state; nothing changed. `legal_moves` names what would be possible."""

    code = "conflict"

    def __init__(self, reason_zh: str, reason_en: str, legal_moves: Sequence[str] = ()) -> None:
        super().__init__(reason_zh, reason_en)
        self.legal_moves = tuple(legal_moves)


class Throttled(ServiceError):
    """Too many failed attempts; try again after `retry_after_seconds`."""

    code = "throttled"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            f"尝试次数过多，请在 {retry_after_seconds} 秒后再试",
            f"Too many attempts; try again in {retry_after_seconds} seconds",
        )
        self.retry_after_seconds = retry_after_seconds


class SignInFailed(ServiceError):
    """User name or password is wrong; it is not said which."""

    code = "sign_in_failed"

    def __init__(self) -> None:
        super().__init__("用户名或密码不正确", "User name or password is wrong")


class PasswordChangeNeeded(ServiceError):
    """Signed in, but the password must be changed before anything else."""

    code = "password_change_needed"

    def __init__(self) -> None:
        super().__init__("请先修改密码，再继续使用", "Change your password first")


class Unavailable(ServiceError):
    """Database or PBX gave no answer in time; `part` is "database", "pbx", "engine" or "disk". Try again."""

    code = "unavailable"

    def __init__(self, part: str) -> None:
        names = {"database": "数据库", "pbx": "电话交换机", "engine": "呼叫引擎", "disk": "文件存储"}
        super().__init__(
            f"{names.get(part, part)}暂时没有响应，请稍后再试",
            f"The {part} does not answer at the moment; try again shortly",
        )
        self.part = part
