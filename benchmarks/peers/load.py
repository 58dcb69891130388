"""wrk with a list of requests, each sent once in turn (or over and over, where that may be)."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from peers.serving import pinned

CONNECTIONS = 8
SCRIPT = """
local tokens = {}
for line in io.lines("%(tokens)s") do tokens[#tokens + 1] = line end
local prefix, suffix = "%(prefix)s", "%(suffix)s"
local body = %(body)s
local next_one = %(start)d
request = function()
   next_one = next_one + 1
   local token = tokens[(next_one - 1) %% #tokens + 1]
   return wrk.format("%(method)s", prefix .. token .. suffix, %(headers)s, body)
end
"""


@dataclass
class Load:
    """A request with ``{token}`` in its address; ``once``: a token may not come twice."""

    method: str
    address: str
    tokens: list
    body: str = ""
    headers: tuple = ()
    once: bool = False
    sent: int = 0
    answered: int = 0  # in the last run

    def run(self, *, url, seconds, core, folder: Path):
        """Requests a second; ends the whole run where an answer was not 2xx or 3xx."""
        list_of_tokens, script = folder / "tokens.txt", folder / "wrk.lua"
        list_of_tokens.write_text("\n".join(self.tokens) + "\n")
        headers = ", ".join(f'["{name}"] = "{value}"' for name, value in self.headers)
        prefix, _, suffix = self.address.partition("{token}")
        script.write_text(
            SCRIPT
            % {
                "tokens": list_of_tokens,
                "prefix": prefix,
                "suffix": suffix,
                "start": self.sent,
                "method": self.method,
                "headers": "{" + headers + "}",
                "body": f"[[{self.body}]]" if self.body else "nil",
            }
        )
        command = [
            *pinned(core), "wrk", "--threads", "1", "--connections", str(CONNECTIONS),
            "--duration", f"{seconds}s", "--timeout", "10s", "--script", str(script), url,
        ]  # fmt: skip
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.answered = int(re.search(r"(\d+) requests in", said)[1])
        # Sent as well: what was under way when the time was up, and wrk's trial of the script.
        self.sent += self.answered + CONNECTIONS + 2
        wrong = re.search(r"(Non-2xx or 3xx responses|Socket errors): .*", said)
        if wrong:
            raise SystemExit(f"{url}{self.address}: {wrong[0]}")
        if self.once and self.sent > len(self.tokens):
            raise SystemExit(f"{url}{self.address}: {len(self.tokens)} tokens are too few.")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
