"""Owns the list that people work from: an out folder read, put into words, and written as a table or a page."""
