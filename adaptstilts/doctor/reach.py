"""Whether the Hub answers and what it lets this user do; no token, address with a password or name of a user is ever told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from adaptstilts.doctor.finding import Finding

TIMEOUT = 5.0
"""Seconds for each of the two requests."""

ROLES = frozenset({"read", "write", "fineGrained"})
"""What the Hub calls the scopes of a token; any other word is not repeated."""

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True)
class Hub:
    """`usable` says whether something could be fetched now, `why` why not."""

    state: Literal["reachable", "offline", "unreachable", "refused", "unasked"]
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        return self.state in ("reachable", "unasked")

    @property
    def why(self) -> str:
        reasons = {
            "offline": "HF_HUB_OFFLINE is set",
            "unreachable": "the Hub does not answer",
            "refused": "the Hub refuses the token",
        }
        return reasons.get(self.state, "")


def reach() -> Hub:
    """Ask the Hub for a sign of life, and, with a token, for its scope. Proxies are those of the environment."""
    from huggingface_hub import constants, get_token

    where = _bare(constants.ENDPOINT)
    if constants.HF_HUB_OFFLINE:
        what = f"{where} is not asked: HF_HUB_OFFLINE is set"
        return Hub("offline", (Finding("hub", "reach", "ok", what),))
    found, answers = _alive(where)
    if not answers:
        return Hub("unreachable", (found,))
    token = get_token()
    if not token:
        what = "none; public repositories need none"
        return Hub("reachable", (found, Finding("hub", "token", "ok", what)))
    scope = _scope(token)
    return Hub("refused" if scope.values.get("status") == 401 else "reachable", (found, scope))


def _alive(where: str) -> tuple[Finding, bool]:
    """HEAD of the Hub's first page: any answer below 500 is a sign of life, but a proxy's 407."""
    from huggingface_hub import constants

    proxy = next((f", through a proxy ({name})" for name in _PROXIES if os.environ.get(name)), "")
    status, why = _ask("HEAD", constants.ENDPOINT)
    if why:
        what, do = (
            f"{where} does not answer ({why}{proxy})",
            "See to the network or the proxy, or set HF_HUB_OFFLINE=1.",
        )
        return Finding("hub", "reach", "warning", what, do), False
    if status == 407 or status >= 500:
        what = f"{where} answers {status}{proxy}"
        do = "See to the proxy's password." if status == 407 else "Try again later."
        return Finding("hub", "reach", "warning", what, do, {"status": status}), False
    return Finding("hub", "reach", "ok", f"{where} answers{proxy}", values={"status": status}), True


def _scope(token: str) -> Finding:
    """What `whoami` says of the token: its role, and nothing else of the answer."""
    from huggingface_hub import constants

    answer: dict[str, Any] = {}
    status, why = _ask("GET", f"{constants.ENDPOINT}/api/whoami-v2", token, answer)
    if why or status >= 500:
        reason = why or f"the Hub answers {status}"
        return Finding("hub", "token", "warning", f"there is one; its scope is unknown ({reason})", "Try again later.")
    if status in (401, 403):
        what = f"the Hub does not accept it ({status}), not even for public repositories"
        do = "Run `hf auth login`, or take HF_TOKEN out of the environment."
        return Finding("hub", "token", "warning", what, do, {"status": status})
    role = _role(answer)
    what = f"accepted; its role is {role}" if role else "accepted; its role is not told"
    return Finding("hub", "token", "ok", what, values={"role": role, "status": status})


def _role(answer: Any) -> str:
    try:
        role = answer["auth"]["accessToken"]["role"]
    except (KeyError, TypeError):
        return ""
    return role if role in ROLES else ""


def _ask(method: str, address: str, token: str | None = None, answer: dict[str, Any] | None = None) -> tuple[int, str]:
    """The status of one request through huggingface_hub's session, or why there was none, in words that hold no secret."""
    import requests
    from huggingface_hub.utils import build_hf_headers, get_session  # type: ignore[attr-defined]

    headers = build_hf_headers(token=token or False)
    try:
        done = get_session().request(method, address, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        if answer is not None and done.ok:
            answer.update(done.json())
    except requests.exceptions.ProxyError:
        return 0, "the proxy does not answer"
    except requests.exceptions.SSLError:
        return 0, "its certificate is not accepted"
    except requests.exceptions.Timeout:
        return 0, f"no answer in {TIMEOUT:.0f} s"
    except requests.exceptions.ConnectionError:
        return 0, "the connection failed"
    except (OSError, ValueError, TypeError) as error:  # texts of these errors may hold addresses with passwords
        return 0, type(error).__name__
    return done.status_code, ""


def _bare(address: str) -> str:
    """An address without user and password."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"
