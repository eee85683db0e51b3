"""The tests; a named package, since a dependency of neonize also installs a package `tests`."""
