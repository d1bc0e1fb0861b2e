"""Who wants to hear of a red task does, by mail or webhook; nobody else does, and no address or secret is shown."""

import email
import json
import logging
import socketserver
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowException
from ignicloud_airflow.alerts import ALERTS, alert
from ignicloud_airflow.callbacks import say_what_failed

from tests.listening import listening, serving

SECRET = "s3cret-of-the-webhook"
SAID = "refused: threat_events of 2026-03-12 is red: expect_rows_balance"
FAILED = {
    "task": SimpleNamespace(task_id="bases.validate"),
    "ti": SimpleNamespace(rendered_map_index="2026-03-12 threat_events", log_url="http://airflow.example/dags/nightly"),
    "dag": SimpleNamespace(dag_id="nightly", doc_md="| `validate` | the gate found something | correct the contract |"),
    "exception": AirflowException(SAID),
}
TOLD = [
    "nightly: validate 2026-03-12 threat_events failed",
    SAID,
    "the gate found something; correct the contract",
    "http://airflow.example/dags/nightly",
]


@pytest.fixture
def named(monkeypatch):
    """A function that defines the connection."""
    return lambda **fields: monkeypatch.setenv(f"AIRFLOW_CONN_{ALERTS.upper()}", json.dumps(fields))


@pytest.fixture
def webhook(tmp_path, monkeypatch):
    with listening(tmp_path, monkeypatch) as server:
        yield server


class Mailbox(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as it takes to be handed a mail."""

    def handle(self):
        self.wfile.write(b"220 mailbox\r\n")
        while line := self.rfile.readline():
            verb = line.strip().upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            elif verb.startswith(b"RCPT"):
                self.server.to.append(line.decode().strip())
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")


@pytest.fixture
def mailbox():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.mails, server.to = [], []
    with serving(server):
        yield server


def test_nobody_is_told_without_a_connection(caplog):
    with caplog.at_level(logging.INFO):
        alert("night: red", ["a line"])
    assert not [each for each in caplog.records if each.name == "ignicloud_airflow.alerts"]


def test_a_webhook_is_told_what_failed_why_what_to_do_and_where(webhook, named):
    named(conn_type="http", host=f"{webhook.url}/services", password=SECRET)
    say_what_failed(FAILED)
    assert webhook.paths == [f"/services/{SECRET}"]
    assert [json.loads(body)["text"].splitlines() for _, body in webhook.told] == [TOLD]


def test_a_mail_says_the_same(mailbox, named):
    host, port = mailbox.server_address
    extra = {"to": "oncall@ops.example", "from_email": "night@ops.example", "disable_ssl": True, "disable_tls": True}
    named(conn_type="smtp", host=host, port=port, extra=extra)
    say_what_failed(FAILED)
    [mail] = map(email.message_from_bytes, mailbox.mails)
    assert (mail["Subject"], mail["To"]) == (TOLD[0], "oncall@ops.example")
    assert [to.partition(":")[2] for to in mailbox.to] == ["<oncall@ops.example>"]
    [part] = [each.get_payload(decode=True).decode() for each in mail.walk() if not each.is_multipart()]
    assert part.strip() == "".join(f"<p>{line}</p>" for line in TOLD[1:])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"conn_type": "http", "host": f"http://hooks.example/{SECRET}"}, "isn't an https address"),
        ({"conn_type": "http", "host": SECRET}, "isn't an https address"),
        ({"conn_type": "http", "host": f"https://{SECRET}.invalid"}, "can't be reached (gaierror)"),
        ({"conn_type": "http", "host": "https://[", "password": SECRET}, "can't be reached (ValueError)"),
        ({"conn_type": "ssh", "host": SECRET}, "is neither smtp nor http"),
        ({"conn_type": "smtp", "host": SECRET}, "lacks to or from_email"),
    ],
)
def test_an_alert_that_cant_be_sent_is_logged_without_its_address_and_raises_nothing(named, caplog, fields, said):
    named(**fields)
    with caplog.at_level(logging.DEBUG):
        alert("night: red", [])
    assert said in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("answer", [302, 404, 500])
def test_a_webhook_that_doesnt_take_it_is_said_and_a_redirection_isnt_followed(webhook, named, caplog, answer):
    webhook.answer = answer
    named(conn_type="http", host=webhook.url, password=SECRET)
    alert("night: red", [])
    assert f"the webhook answers with HTTP {answer}" in caplog.text
    assert webhook.paths == [f"/{SECRET}"]
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("refused: Permission denied: /run/secrets/kek; make room", "refused: Permission denied: (a path: see the log); make room"),
        ("no file:/srv/kek, ask it@ops.example", "no file:(a path: see the log), ask it@ops.example"),
        ("unlisted <!channel>, @here", "unlisted ‹!channel›, at here"),
        ("<https://evil.example|click>", "‹https:(a path: see the log)"),
        ("[click](https://evil.example)", "(click)(https:(a path: see the log))"),
        ("see docs/gate.md: 3/4 rows", "see docs/gate.md: 3/4 rows"),
        ("red\nBcc: somebody@else.example", "red Bcc: somebody@else.example"),
    ],
)  # fmt: skip
def test_no_path_link_or_mention_leaves_and_a_message_has_one_subject(webhook, named, said, left):
    named(conn_type="http", host=webhook.url)
    task = SimpleNamespace(rendered_map_index=said, log_url="http://airflow.example")
    say_what_failed(FAILED | {"ti": task, "exception": AirflowException(said)})
    [text] = [json.loads(body)["text"].splitlines() for _, body in webhook.told]
    assert text[:2] == [f"nightly: validate {left} failed", left]


def test_the_lake_isnt_named_though_a_space_is_in_its_path(webhook, named, monkeypatch):
    monkeypatch.setenv("IGNICLOUD_LAKE", "/srv/the lake")
    named(conn_type="http", host=webhook.url)
    say_what_failed(FAILED | {"exception": AirflowException("no room: /srv/the lake/answers/jo; make room")})
    assert "the lake" not in json.loads(webhook.told[0][1])["text"]
