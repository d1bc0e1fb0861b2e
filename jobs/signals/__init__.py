"""Threat signals: Sigma rules, compiled to native Spark expressions over the pseudonymised releases."""
