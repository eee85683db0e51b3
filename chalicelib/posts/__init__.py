"""The first stage: what each client has posted."""
