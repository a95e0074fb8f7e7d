"""Addresses of the pages of reviewers' marks."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.calls.routes import ONE
from ccengine.backoffice.reviews import form, marking, pages, samples, summary

ROUTES = (
    web.get("/reviews", pages.list_reviews),
    web.get("/reviews/{id:[0-9]+}", pages.show_review),
    web.post("/reviews/{id:[0-9]+}/objection", pages.object_to),
    web.post("/reviews/{id:[0-9]+}/decision", pages.decide),
    web.get(f"{ONE}/review", marking.show),
    web.post(f"{ONE}/review", marking.save),
    web.get("/reviews/samples", samples.list_samples),
    web.post("/reviews/samples", samples.draw),
    web.get("/reviews/samples/{id:[0-9]+}", samples.show),
    web.get("/reviews/summary", summary.show),
    web.get("/reviews/summary.xlsx", summary.export),
    web.get("/admin/review-form", form.show),
    web.post("/admin/review-form", form.save),
)
