"""Addresses of sign-in, profile and about."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.account import pages

ROUTES = (
    web.get("/", pages.home),
    web.get("/sign-in", pages.sign_in_form),
    web.post("/sign-in", pages.sign_in),
    web.post("/sign-out", pages.sign_out),
    web.post("/language", pages.change_language),
    web.get("/profile", pages.profile),
    web.post("/profile/password", pages.change_password),
    web.get("/password", pages.password_form),
    web.post("/password", pages.set_own_password),
    web.post("/profile/phone-pin", pages.change_phone_pin),
    web.get("/about", pages.about),
)
