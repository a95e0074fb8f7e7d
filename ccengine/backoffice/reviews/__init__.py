"""Reviewers' marks for talks: marking, a review with its objection, samples, the summary, the form."""
