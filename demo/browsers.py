"""User agents as they look in real logs, on desks, on telephones, and of programs."""

from __future__ import annotations

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"

DESKS = {
    f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36": 27,
    f"{_WINDOWS} Chrome/139.0.0.0 Safari/537.36": 9,
    f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": 22,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0": 11,
    f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15": 11,
    f"{_MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36": 9,
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": 4,
    f"{_WINDOWS} Chrome/139.0.0.0 Safari/537.36 OPR/123.0.0.0": 3,
    "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; AS; rv:11.0) like Gecko": 1,
    "": 3,
}
"""What people use at a desk, with its share in percent; some privacy tools send nothing."""

PHONES = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1": 52,
    f"{_ANDROID} Chrome/140.0.0.0 Mobile Safari/537.36": 30,
    f"{_ANDROID} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36": 14,
    "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0": 4,
}
"""What people use on a telephone, with its share in percent."""

PROGRAMS = (
    "python-requests/2.32.3",
    "curl/8.9.1",
    "Go-http-client/1.1",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36",
)
"""What attackers and scanners use."""
