"""The full-screen front. Everything in it is imported when it is shown, and not before."""
