"""Measurements, each with one command; see README.md in this folder."""

from coach.settings import calm_libraries

calm_libraries()  # before a measurement loads numpy, as the coach does
