"""The tests; a package in name, since a dependency of neonize installs a package `tests` too."""
