"""Errors that a user can cause. They are told in words, without a stack trace."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right; the message names what, where and what to do."""


class PassingError(UserError):
    """Something that may also pass by itself, such as a store that is away."""
