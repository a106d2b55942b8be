"""How scripts reach a server and their output comes back. Nothing above this package imports paramiko."""
