"""Practice servers: disposable real Debian machines on this computer. Must not know recipes, engine or fronts."""
