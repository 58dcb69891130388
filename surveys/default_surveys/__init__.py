"""The surveys that every installation begins with, and the rules for who gets which."""

from surveys.default_surveys.install import install_default_surveys

__all__ = ["install_default_surveys"]
