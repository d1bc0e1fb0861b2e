"""Floor 5: threat signals, Sigma rules compiled to native Spark expressions over the pseudonymised releases."""
