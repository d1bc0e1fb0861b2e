"""A data subject's request: what is asked, until when, what comes next."""
