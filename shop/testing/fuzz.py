"""``make fuzz``: schemathesis on the whole schema, as anonymous user, customer and staff.

The shop runs as in production, on PostgreSQL. The test fails if a response does not match
`/api/schema/`.
"""

import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

from shop.testing.postgres import running_postgres
from shop.testing.server import (
    Shop,
    environment_for,
    fresh_database,
    manage,
    post,
    running_shop,
)

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
PASSWORD = "fuzz-all-the-th1ngs"
_ROWS = f"""
from accounts.models import User
from shop.testing.rows import fill_every_list
users = [
    User.objects.create_user(name, f"{{name}}@example.com", "{PASSWORD}", is_staff=is_staff,
        is_superuser=is_staff)
    for name, is_staff in [("customer", False), ("staff", True)]
]
fill_every_list(*users)
"""


def main() -> int:
    """Test as each role. Return 1 if a role failed."""
    parser = ArgumentParser(prog="python -m shop.testing.fuzz")
    parser.add_argument(
        "--examples", type=int, default=50, help="cases of each operation and phase"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the random cases")
    options = parser.parse_args()
    with running_postgres() as server, fresh_database(server) as database:
        environment = environment_for(database)
        manage(environment, "migrate", "--verbosity", "0")
        manage(environment, "shell", "--verbosity", "0", "--command", _ROWS)
        manage(environment, "seed_demo", "--without-pictures")
        with running_shop(database) as shop:
            failed = [
                role
                for role in ("anonymous", "customer", "staff")
                if _fuzz(shop, role, options.examples, options.seed)
            ]
            breaches = shop.manage("audit")
    sys.stdout.write(f"\naudit: {breaches}failed roles: {', '.join(failed) or 'none'}\n")
    return bool(failed)


def _fuzz(shop: Shop, role: str, examples: int, seed: int) -> int:
    sys.stdout.write(f"\n== {role}\n")
    sys.stdout.flush()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)),
        *("run", f"{shop.url}/api/schema/", "--max-examples", str(examples)),
        *("--seed", str(seed)),
        # On a busy machine the first response with the schema takes long.
        *("--wait-for-schema", "180", "--request-timeout", "60"),
    ]
    if role != "anonymous":
        # A logout would end the session of the run. Other tests cover it.
        command += ["--header", f"Authorization: Bearer {_log_in(shop, role)}"]
        command += ["--exclude-path-regex", "^/api/logout/"]
    return subprocess.run(command, check=False).returncode


def _log_in(shop: Shop, username: str) -> str:
    credentials = {"username": username, "password": PASSWORD}
    token: str = post(f"{shop.url}/api/login/", credentials)["token"]
    return token


if __name__ == "__main__":
    raise SystemExit(main())
