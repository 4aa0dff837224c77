"""Tanggap: one package a noun of the problem, wired together by app.py."""
