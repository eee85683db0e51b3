"""The development stack: embedded services, sandbox API, runner, commands. Never deployed."""
