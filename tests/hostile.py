"""Names that somebody makes up to steer a terminal, a path, a page or a line."""

NAMES = {
    "a way up": "../../etc/passwd",
    "a path": "/etc/passwd",
    "NUL": "a\0b",
    "a line": "a\nrefused: a line of my own",
    "a carriage return": "a\rb",
    "quotes": "a'b\"c`$(touch x)",
    "ANSI": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "C1": "a\x9b31m",
    "right to left": "a\u202etxt.exe\u2066x",
    "a separator": "a\u2028b",
    "no character": "a\udcffb",
    "an option": "--help-me",
    "nothing": "",
    "an address": "a@b.example",
    "10,000 characters": "a" * 10_000,
}
"""What somebody could type, or a file, a table or a user be called."""
