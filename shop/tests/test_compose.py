"""docker-compose.yml: every variable arrives, and the containers are hardened."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from shop.testing.marks import on_one_database

pytestmark = on_one_database

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = yaml.load((ROOT / "docker-compose.yml").read_text(), yaml.CSafeLoader)["services"]
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - in a container
OURS = ["migrate", "web", "worker"]
# The container decides these, and the file passes the password on as PGPASSWORD.
FIXED = {
    "HOST": ANY_ADDRESS,
    "PORT": "8000",
    "MEDIA_ROOT": "/data/media",
    "MAIL_FOLDER": "/data/mails",
}
NAMES = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)) - {
    *FIXED,
    "POSTGRES_PASSWORD",
}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_the_example_reaches_the_service(name):
    environment = SERVICES[name]["environment"]
    defaults = {key: value for key, value in environment.items() if value is not None}
    assert set(environment) == NAMES | {*FIXED, "PGPASSWORD"}
    assert defaults == FIXED | {
        "DATABASE_URL": "${DATABASE_URL:-postgres://shop@postgres/shop}",
        "PGPASSWORD": "${POSTGRES_PASSWORD:-shop}",
        "DEBUG": "${DEBUG:-true}",
    }


def test_a_bucket_and_redis_add_their_packages_to_the_image():
    dockerfile = (ROOT / "Dockerfile").read_text()
    arguments = {"S3": "${MEDIA_BUCKET:-}", "REDIS": "${TASKS_URL:-}"}
    for name in OURS:
        assert SERVICES[name]["build"]["args"] == arguments
    for name in arguments:
        file = f"requirements-{name.lower()}.txt"
        installs = f'if [ -n "${name}" ]; then pip install --require-hashes -r {file}; fi'
        assert f"ARG {name}=\n" in dockerfile
        assert installs in dockerfile


@pytest.mark.parametrize("name", [*OURS, "postgres"])
def test_a_container_has_no_privileges_and_limits(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == ("postgres" if name == "postgres" else "10001")
    assert service["tmpfs"]
    assert {"pids_limit", "mem_limit", "logging"} <= set(service)
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert ("test" in service["healthcheck"]) is (name != "migrate")


def test_the_image_runs_as_the_same_user():
    assert "\nUSER 10001\n" in (ROOT / "Dockerfile").read_text()


def compose():
    """Return the command of docker compose, as a program or a plugin, or None without either."""
    for command in (["docker-compose"], ["docker", "compose"]):
        if shutil.which(command[0]):
            done = subprocess.run([*command, "version"], check=False, capture_output=True)
            if done.returncode == 0:
                return command
    return None


@pytest.mark.skipif(compose() is None, reason="docker compose is missing")
def test_docker_compose_passes_a_filled_file_on(tmp_path):
    values = {name: f"value of {name}" for name in NAMES} | {"POSTGRES_PASSWORD": "pw"}
    file = tmp_path / "filled"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    done = subprocess.run(
        [*compose(), "-f", ROOT / "docker-compose.yml", "--env-file", file, "config"],
        check=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    services = yaml.safe_load(done.stdout)["services"]
    del values["POSTGRES_PASSWORD"]
    for name in OURS:
        expected = values | FIXED | {"PGPASSWORD": "pw"}
        assert services[name]["environment"] == expected
        assert services[name]["build"]["args"] == {
            "S3": values["MEDIA_BUCKET"],
            "REDIS": values["TASKS_URL"],
        }
