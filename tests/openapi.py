#!/usr/bin/env python3
"""Asks a running server for everything that its OpenAPI document says, rightly and wrongly, and looks at the answers.

    pip install schemathesis==4.32.5
    cargo build --release --locked -p moretta --features server
    python3 tests/openapi.py target/release/moretta

Needs `openssl`. Whatever is answered that the document does not say fails, as does a server that fails.
"""

import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

POLICY = """\
version: 1
domain: openapi
rules:
  - { columns: [id], mask: pseudonym, key: identity }
"""

# Who masks does not operate, so there are two.
CONFIGURATION = """\
listen: 127.0.0.1:0
plain: true
tokens: { jwks: jwks.json, issuer: https://issuer.example, audience: moretta }
roles:
  pipeline: { allow: [mask], datasets: [patients] }
  on-call: { allow: [operate, read-audit], datasets: ["*"] }
principals:
  - { subject: etl, roles: [pipeline] }
  - { subject: anna, roles: [on-call] }
datasets:
  patients: { policy: policy.yaml, keyring: { directory: keys }, quarantine: rejected }
spool: { directory: spool }
limits: { each_principal: { requests_per_minute: 1000000 } }
"""

# The names in paths are those that there are, besides others.
SCHEMATHESIS = """\
[parameters]
"path.name" = "patients"
"""

# What schema describes a table that a policy is for? None, so valid rows may be refused.
OF_PIPELINES = ["lives", "isReady", "mask"]
OF_OPERATORS = ["datasets", "status", "plugins", "revisions", "quarantine", "metrics", "document", "audit", "run"]
CHANGES = ["reload", "promote", "rollback", "bar"]
SWITCHES = ["drain", "stop", "start"]


def main():
    moretta = pathlib.Path(sys.argv[1]).resolve()
    schemathesis = shutil.which("st") or str(pathlib.Path(sys.executable).with_name("st"))
    with tempfile.TemporaryDirectory() as desk:
        desk = pathlib.Path(desk)
        address, server = serve(moretta, desk)
        try:
            document = desk / "openapi.json"
            document.write_bytes(subprocess.run([moretta, "openapi"], check=True, capture_output=True).stdout)
            begun = time.monotonic()
            run = lambda *what: ask(schemathesis, desk, document, address, *what)
            run("etl", OF_PIPELINES, "positive_data_acceptance")
            run("anna", OF_OPERATORS + CHANGES)
            run("anna", SWITCHES)
            print(f"asked for everything in {time.monotonic() - begun:.0f} s")
        finally:
            server.terminate()
            server.wait()


def serve(moretta, desk):
    """Starts a server, and says where it listens."""
    (desk / "policy.yaml").write_text(POLICY)
    (desk / "moretta.yaml").write_text(CONFIGURATION)
    (desk / "schemathesis.toml").write_text(SCHEMATHESIS)
    (desk / "jwks.json").write_text(json.dumps({"keys": [make_key(desk)]}))
    subprocess.run([moretta, "keys", "init", "--keyring", "keys"], cwd=desk, check=True, stdout=subprocess.DEVNULL)
    log = open(desk / "log", "w+")
    server = subprocess.Popen([moretta, "serve", "moretta.yaml"], cwd=desk, stderr=log)
    for _ in range(600):
        lines = (desk / "log").read_text().splitlines(keepends=True)
        events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]
        for event in events:
            if event["event"] == "listening":
                return f"http://{event['address']}", server
        if server.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"the server does not listen: {(desk / 'log').read_text()}")


def ask(schemathesis, desk, document, address, subject, operations, *without):
    """Asks for some operations as somebody."""
    chosen = [part for name in operations for part in ("--include-operation-id", name)]
    token = f"Authorization:Bearer {make_token(desk, subject)}"
    command = [schemathesis, "--config-file", "schemathesis.toml", "run", document, "--url", address]
    command += ["--header", token, "--checks", "all", "--max-examples", "20", "--seed", "7", *chosen]
    command += [part for check in without for part in ("--exclude-checks", check)]
    if subprocess.run(command, cwd=desk).returncode != 0:
        sys.exit(1)


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **more).stdout


def make_key(desk):
    """Makes the key that tokens are signed with, and gives its public half as a JSON Web Key."""
    openssl("genpkey", "-algorithm", "ed25519", "-out", desk / "issuer.key")
    public = openssl("pkey", "-in", desk / "issuer.key", "-pubout", "-outform", "DER")[-32:]
    return {"kty": "OKP", "crv": "Ed25519", "kid": "one", "use": "sig", "alg": "EdDSA", "x": base64url(public)}


def make_token(desk, subject):
    """A token that is good for an hour."""
    now = int(time.time())
    claims = {"iss": "https://issuer.example", "aud": "moretta", "sub": subject, "iat": now, "exp": now + 3600}
    parts = [{"alg": "EdDSA", "kid": "one"}, claims]
    signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    (desk / "signed").write_text(signed)
    signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", desk / "issuer.key", "-in", desk / "signed")
    return f"{signed}.{base64url(signature)}"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
