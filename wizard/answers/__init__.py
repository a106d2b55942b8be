"""Answers to the questions of recipes: given, read from a file, kept, remembered, and resolved. Must not know any front."""
